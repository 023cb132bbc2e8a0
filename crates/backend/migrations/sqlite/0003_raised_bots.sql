-- Bots whose limits the operator has raised.
ALTER TABLE account ADD COLUMN raised INTEGER NOT NULL DEFAULT 0;
CREATE INDEX account_raised ON account (id) WHERE raised;

-- A bot that was blocked along with its owner is let in along with them, and no other is.
UPDATE account SET state = 4
WHERE kind = 1 AND state = 1 AND owner IN (SELECT id FROM account WHERE state = 1);

-- The second dialect kept tokens of links where it keeps their hashes now. The links hold on.
DELETE FROM door_state WHERE door = 'skype' AND key LIKE 'join:%';

-- How many commits the file held when its log was begun: a file that knows of fewer is of an earlier moment than its log.
ALTER TABLE hub ADD COLUMN logged INTEGER NOT NULL DEFAULT 0;
