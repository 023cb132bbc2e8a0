-- Bots whose limits the operator has raised.
ALTER TABLE account ADD COLUMN raised BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX account_raised ON account (id) WHERE raised;
