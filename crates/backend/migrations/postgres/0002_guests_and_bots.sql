-- Guests who are there, and bots by who owns them.
CREATE INDEX account_guest ON account (id) WHERE kind = 2 AND state = 0;
CREATE INDEX account_owned ON account (owner) WHERE owner IS NOT NULL;
