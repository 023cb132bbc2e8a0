-- Times are milliseconds UTC, positions are places in the one log. Text that is a key compares byte by byte, as in SQLite.

CREATE TABLE hub (
    one SMALLINT NOT NULL PRIMARY KEY CHECK (one = 1),
    pos BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    indexed BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO hub (one, pos, floor, indexed, version) VALUES (1, 0, 0, 0, 0);

CREATE TABLE setting (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE node_lease (
    node SMALLINT NOT NULL PRIMARY KEY,
    holder BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE account (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    display TEXT NOT NULL,
    mood TEXT NOT NULL,
    about TEXT NOT NULL,
    picture BIGINT,
    kind SMALLINT NOT NULL,
    owner BIGINT,
    state SMALLINT NOT NULL,
    chosen SMALLINT,
    chosen_until BIGINT,
    strangers SMALLINT NOT NULL,
    privacy SMALLINT NOT NULL,
    receipts BOOLEAN NOT NULL,
    language TEXT NOT NULL,
    head BIGINT NOT NULL,
    profile_pos BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
-- Those of which not everything is removed yet.
CREATE INDEX account_leaving ON account (id) WHERE state = 3;

CREATE TABLE secret (
    account BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    spelling TEXT COLLATE "C" NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account, kind, spelling)
);

-- The second key is what keeps one mail form or number from belonging to two accounts.
CREATE TABLE handle (
    account BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account, kind, value),
    UNIQUE (kind, value)
);

CREATE TABLE device (
    id BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    label TEXT NOT NULL,
    kind SMALLINT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    public_key BYTEA,
    acked BIGINT NOT NULL,
    created BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    revoked BIGINT
);
CREATE INDEX device_by_account ON device (account);

CREATE TABLE relation (
    owner BIGINT NOT NULL,
    other BIGINT NOT NULL,
    listed BOOLEAN NOT NULL,
    standing SMALLINT NOT NULL,
    dismissed BOOLEAN NOT NULL,
    greeting TEXT NOT NULL,
    nickname TEXT NOT NULL,
    note TEXT NOT NULL,
    favourite BOOLEAN NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (owner, other)
);
CREATE INDEX relation_by_other ON relation (other, listed);

CREATE TABLE contact_group (
    owner BIGINT NOT NULL,
    slot SMALLINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (owner, slot)
);

CREATE TABLE conversation (
    id BIGINT NOT NULL PRIMARY KEY,
    kind SMALLINT NOT NULL,
    cast_key BYTEA UNIQUE,
    title TEXT NOT NULL,
    picture BIGINT,
    policy TEXT NOT NULL,
    head BIGINT NOT NULL,
    last_message BIGINT,
    last_stamp BIGINT NOT NULL,
    trimmed BIGINT NOT NULL,
    people INTEGER NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE member (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    role SMALLINT NOT NULL,
    read_message BIGINT,
    read_stamp BIGINT,
    muted_until BIGINT,
    pinned BOOLEAN NOT NULL,
    archived BOOLEAN NOT NULL,
    draft TEXT NOT NULL,
    cleared BIGINT NOT NULL,
    PRIMARY KEY (conversation, account)
);
CREATE INDEX member_by_account ON member (account, conversation);
CREATE INDEX member_by_rank ON member (conversation, state, role, account);

-- What somebody may see: opened ≤ pos, and pos < closed once the stay has ended.
CREATE TABLE member_window (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    opened BIGINT NOT NULL,
    closed BIGINT,
    PRIMARY KEY (conversation, account, opened)
);
CREATE INDEX member_window_by_account ON member_window (account, conversation, opened, closed);

CREATE TABLE message (
    id BIGINT NOT NULL PRIMARY KEY,
    conversation BIGINT NOT NULL,
    author BIGINT NOT NULL,
    device BIGINT NOT NULL,
    client TEXT COLLATE "C" NOT NULL,
    stamp BIGINT NOT NULL,
    body TEXT NOT NULL,
    reply_to BIGINT,
    expires BIGINT,
    hints BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    sent_earlier BIGINT,
    edited BIGINT,
    deleted BOOLEAN NOT NULL,
    hidden_from BIGINT,
    forwarded TEXT,
    reacted BOOLEAN NOT NULL,
    UNIQUE (conversation, id),
    UNIQUE (conversation, stamp),
    UNIQUE (device, client)
);

-- Who is named in a message; account 0 stands for everybody.
CREATE TABLE mention (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (conversation, account, message)
);

CREATE TABLE reaction (
    message BIGINT NOT NULL,
    account BIGINT NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (message, account, key)
);

-- The words of messages, and where that index stands in the log (`hub.indexed`): words are folded already.
CREATE TABLE message_word (
    rowid BIGINT NOT NULL PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX message_word_by_words ON message_word USING gin (words);

CREATE TABLE object (
    id BIGINT NOT NULL PRIMARY KEY,
    owner BIGINT NOT NULL,
    device BIGINT NOT NULL,
    client TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    mime TEXT NOT NULL,
    sha256 BYTEA,
    sent BYTEA,
    width INTEGER,
    height INTEGER,
    preview BOOLEAN NOT NULL,
    state SMALLINT NOT NULL,
    created BIGINT NOT NULL,
    idle BIGINT,
    UNIQUE (device, client)
);
CREATE INDEX object_by_blob ON object (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX object_by_owner ON object (owner, id);
CREATE INDEX object_idle ON object (idle) WHERE idle IS NOT NULL;

-- Message 0 grants the picture of the stream itself.
CREATE TABLE object_grant (
    object BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (object, stream, message)
);

-- The room that objects take; owner 0 stands for all.
CREATE TABLE object_usage (
    owner BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    objects BIGINT NOT NULL
);

CREATE TABLE link (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    conversation BIGINT,
    expires BIGINT,
    uses_left INTEGER,
    approval BOOLEAN NOT NULL
);
CREATE INDEX link_by_conversation ON link (conversation);
CREATE INDEX link_by_account ON link (account);

CREATE TABLE call (
    id BIGINT NOT NULL PRIMARY KEY,
    key BYTEA NOT NULL UNIQUE,
    conversation BIGINT NOT NULL,
    caller BIGINT NOT NULL,
    callee BIGINT NOT NULL,
    owner INTEGER NOT NULL,
    video BOOLEAN NOT NULL,
    started BIGINT NOT NULL,
    answered BIGINT,
    ended BIGINT,
    outcome SMALLINT NOT NULL,
    marks TEXT NOT NULL,
    reports INTEGER NOT NULL,
    unheard BOOLEAN NOT NULL,
    relay_only BOOLEAN NOT NULL
);
CREATE INDEX call_by_caller ON call (caller, id);
CREATE INDEX call_by_callee ON call (callee, id);
CREATE INDEX call_open ON call (id) WHERE outcome = 0;

CREATE TABLE call_report (
    call BIGINT NOT NULL,
    endpoint BIGINT NOT NULL,
    account BIGINT NOT NULL,
    received BIGINT NOT NULL,
    format INTEGER NOT NULL,
    text TEXT NOT NULL,
    signature BYTEA,
    PRIMARY KEY (call, endpoint)
);

-- What people report to the operator, with the messages as they stood then.
CREATE TABLE abuse_report (
    id BIGINT NOT NULL PRIMARY KEY,
    reporter BIGINT NOT NULL,
    device BIGINT NOT NULL,
    client TEXT COLLATE "C" NOT NULL,
    about BIGINT NOT NULL,
    reason SMALLINT NOT NULL,
    text TEXT NOT NULL,
    quotes TEXT NOT NULL,
    created BIGINT NOT NULL,
    closed BIGINT,
    UNIQUE (device, client)
);
CREATE INDEX abuse_report_by_reporter ON abuse_report (reporter);
CREATE INDEX abuse_report_open ON abuse_report (id) WHERE closed IS NULL;

CREATE TABLE door_state (
    account BIGINT NOT NULL,
    door TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    seen_by SMALLINT NOT NULL,
    PRIMARY KEY (account, door, key)
);

CREATE TABLE change (
    stream BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    what BIGINT NOT NULL,
    pos BIGINT NOT NULL,
    PRIMARY KEY (stream, kind, what)
);
CREATE INDEX change_by_stream ON change (stream, pos);
CREATE INDEX change_by_pos ON change (pos);
