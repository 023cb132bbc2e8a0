-- Times are milliseconds UTC, positions are places in the one log. Rows that are found by two or three columns are
-- clustered by them (WITHOUT ROWID); messages are clustered by position, which saves 40 % of the writer's work.

CREATE TABLE hub (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    pos INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    indexed INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO hub (one, pos, floor, indexed, version) VALUES (1, 0, 0, 0, 0);

CREATE TABLE setting (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE node_lease (
    node INTEGER NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display TEXT NOT NULL,
    mood TEXT NOT NULL,
    about TEXT NOT NULL,
    picture INTEGER,
    kind INTEGER NOT NULL,
    owner INTEGER,
    state INTEGER NOT NULL,
    chosen INTEGER,
    chosen_until INTEGER,
    strangers INTEGER NOT NULL,
    privacy INTEGER NOT NULL,
    receipts INTEGER NOT NULL,
    language TEXT NOT NULL,
    head INTEGER NOT NULL,
    profile_pos INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL
) STRICT;
-- Those of which not everything is removed yet.
CREATE INDEX account_leaving ON account (id) WHERE state = 3;

CREATE TABLE secret (
    account INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    spelling TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (account, kind, spelling)
) STRICT, WITHOUT ROWID;

-- The second key is what keeps one mail form or number from belonging to two accounts.
CREATE TABLE handle (
    account INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, kind, value),
    UNIQUE (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL,
    label TEXT NOT NULL,
    kind INTEGER NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    public_key BLOB,
    acked INTEGER NOT NULL,
    created INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    revoked INTEGER
) STRICT;
CREATE INDEX device_by_account ON device (account);

CREATE TABLE relation (
    owner INTEGER NOT NULL,
    other INTEGER NOT NULL,
    listed INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    dismissed INTEGER NOT NULL,
    greeting TEXT NOT NULL,
    nickname TEXT NOT NULL,
    note TEXT NOT NULL,
    favourite INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (owner, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX relation_by_other ON relation (other, listed);

CREATE TABLE contact_group (
    owner INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (owner, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    id INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL,
    cast_key BLOB UNIQUE,
    title TEXT NOT NULL,
    picture INTEGER,
    policy TEXT NOT NULL,
    head INTEGER NOT NULL,
    last_message INTEGER,
    last_stamp INTEGER NOT NULL,
    trimmed INTEGER NOT NULL,
    people INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE member (
    conversation INTEGER NOT NULL,
    account INTEGER NOT NULL,
    state INTEGER NOT NULL,
    role INTEGER NOT NULL,
    read_message INTEGER,
    read_stamp INTEGER,
    muted_until INTEGER,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    draft TEXT NOT NULL,
    cleared INTEGER NOT NULL,
    PRIMARY KEY (conversation, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_account ON member (account, conversation);
CREATE INDEX member_by_rank ON member (conversation, state, role, account);

-- What somebody may see: opened ≤ pos, and pos < closed once the stay has ended.
CREATE TABLE member_window (
    conversation INTEGER NOT NULL,
    account INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER,
    PRIMARY KEY (conversation, account, opened)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_window_by_account ON member_window (account, conversation, opened, closed);

CREATE TABLE message (
    id INTEGER NOT NULL PRIMARY KEY,
    conversation INTEGER NOT NULL,
    author INTEGER NOT NULL,
    device INTEGER NOT NULL,
    client TEXT NOT NULL,
    stamp INTEGER NOT NULL,
    body TEXT NOT NULL,
    reply_to INTEGER,
    expires INTEGER,
    hints BLOB NOT NULL,
    digest BLOB NOT NULL,
    sent_earlier INTEGER,
    edited INTEGER,
    deleted INTEGER NOT NULL,
    hidden_from INTEGER,
    forwarded TEXT,
    reacted INTEGER NOT NULL,
    UNIQUE (conversation, id),
    UNIQUE (conversation, stamp),
    UNIQUE (device, client)
) STRICT;

-- Who is named in a message; account 0 stands for everybody.
CREATE TABLE mention (
    conversation INTEGER NOT NULL,
    account INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (conversation, account, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
    message INTEGER NOT NULL,
    account INTEGER NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, account, key)
) STRICT, WITHOUT ROWID;

-- The words of messages, and where that index stands in the log (`hub.indexed`): words are parted by blanks and folded
-- already; the texts themselves are not kept here once more.
CREATE VIRTUAL TABLE message_word USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = 'ascii'
);

CREATE TABLE object (
    id INTEGER NOT NULL PRIMARY KEY,
    owner INTEGER NOT NULL,
    device INTEGER NOT NULL,
    client TEXT NOT NULL,
    digest BLOB NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    mime TEXT NOT NULL,
    sha256 BLOB,
    sent BLOB,
    width INTEGER,
    height INTEGER,
    preview INTEGER NOT NULL,
    state INTEGER NOT NULL,
    created INTEGER NOT NULL,
    idle INTEGER,
    UNIQUE (device, client)
) STRICT;
CREATE INDEX object_by_blob ON object (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX object_by_owner ON object (owner, id);
CREATE INDEX object_idle ON object (idle) WHERE idle IS NOT NULL;

-- Message 0 grants the picture of the stream itself.
CREATE TABLE object_grant (
    object INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (object, stream, message)
) STRICT, WITHOUT ROWID;

-- The room that objects take; owner 0 stands for all.
CREATE TABLE object_usage (
    owner INTEGER NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL,
    objects INTEGER NOT NULL
) STRICT;

CREATE TABLE link (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL,
    conversation INTEGER,
    expires INTEGER,
    uses_left INTEGER,
    approval INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_conversation ON link (conversation);
CREATE INDEX link_by_account ON link (account);

CREATE TABLE call (
    id INTEGER NOT NULL PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    conversation INTEGER NOT NULL,
    caller INTEGER NOT NULL,
    callee INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    video INTEGER NOT NULL,
    started INTEGER NOT NULL,
    answered INTEGER,
    ended INTEGER,
    outcome INTEGER NOT NULL,
    marks TEXT NOT NULL,
    reports INTEGER NOT NULL,
    unheard INTEGER NOT NULL,
    relay_only INTEGER NOT NULL
) STRICT;
CREATE INDEX call_by_caller ON call (caller, id);
CREATE INDEX call_by_callee ON call (callee, id);
CREATE INDEX call_open ON call (id) WHERE outcome = 0;

CREATE TABLE call_report (
    call INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    account INTEGER NOT NULL,
    received INTEGER NOT NULL,
    format INTEGER NOT NULL,
    text TEXT NOT NULL,
    signature BLOB,
    PRIMARY KEY (call, endpoint)
) STRICT;

-- What people report to the operator, with the messages as they stood then.
CREATE TABLE abuse_report (
    id INTEGER NOT NULL PRIMARY KEY,
    reporter INTEGER NOT NULL,
    device INTEGER NOT NULL,
    client TEXT NOT NULL,
    about INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    text TEXT NOT NULL,
    quotes TEXT NOT NULL,
    created INTEGER NOT NULL,
    closed INTEGER,
    UNIQUE (device, client)
) STRICT;
CREATE INDEX abuse_report_by_reporter ON abuse_report (reporter);
CREATE INDEX abuse_report_open ON abuse_report (id) WHERE closed IS NULL;

CREATE TABLE door_state (
    account INTEGER NOT NULL,
    door TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    seen_by INTEGER NOT NULL,
    PRIMARY KEY (account, door, key)
) STRICT;

CREATE TABLE change (
    stream INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    what INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (stream, kind, what)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_by_stream ON change (stream, pos);
CREATE INDEX change_by_pos ON change (pos);
