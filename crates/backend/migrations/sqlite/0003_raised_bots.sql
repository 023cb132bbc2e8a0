-- Bots whose limits the operator has raised.
ALTER TABLE account ADD COLUMN raised INTEGER NOT NULL DEFAULT 0;
CREATE INDEX account_raised ON account (id) WHERE raised;
