-- An outbox in PostgreSQL. What stands in braces is filled in, quoted.
--
-- "head" marks the one entry of a conversation that may be claimed; NULL is an entry that no worker has looked at yet.
-- It is written by workers only, in short transactions and under a lock of the conversation, so that an application
-- that puts entries in waits for nobody and nobody waits for it. Whatever "head" says, the unique index keeps two
-- entries of one conversation from being in hand at once.

CREATE SCHEMA IF NOT EXISTS {schema};
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;

CREATE TABLE {schema}.version (version integer NOT NULL);
INSERT INTO {schema}.version VALUES ({version});

CREATE TABLE {schema}.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text UNIQUE,
    operation text NOT NULL,
    platform text NOT NULL,
    platform_id text NOT NULL,
    destination text NOT NULL,
    arguments text NOT NULL,
    shown text NOT NULL,
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'sent', 'rejected', 'unknown')),
    attempts integer NOT NULL DEFAULT 0,
    owner bigint,
    claim bigint,
    baseline integer,
    reconciled boolean NOT NULL DEFAULT false,
    doubtful integer NOT NULL DEFAULT 0,
    not_before timestamptz,
    scheduled timestamptz,
    expires timestamptz,
    error text,
    reason text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    head boolean
);

CREATE UNIQUE INDEX outbox_in_hand ON {schema}.outbox (platform, platform_id, destination)
    WHERE owner IS NOT NULL AND state IN ('pending', 'sending');
CREATE INDEX outbox_owners ON {schema}.outbox (owner) WHERE owner IS NOT NULL AND state IN ('pending', 'sending');
CREATE INDEX outbox_fresh ON {schema}.outbox (id) WHERE head IS NULL AND state = 'pending';
CREATE INDEX outbox_waiting ON {schema}.outbox (platform, platform_id, destination, id) WHERE state = 'pending';
CREATE INDEX outbox_heads ON {schema}.outbox (platform, platform_id, destination) WHERE head;
CREATE INDEX outbox_due_now ON {schema}.outbox (id) WHERE head AND not_before IS NULL;
CREATE INDEX outbox_due_later ON {schema}.outbox (not_before, id) WHERE head AND not_before IS NOT NULL;
CREATE INDEX outbox_settled ON {schema}.outbox (changed_at) WHERE state IN ('sent', 'rejected');
CREATE INDEX outbox_states ON {schema}.outbox (state, id);
CREATE INDEX outbox_shown ON {schema}.outbox (platform, platform_id, destination, md5(shown));

CREATE SEQUENCE {schema}.claims;

CREATE TABLE {schema}.rates (account text PRIMARY KEY, next_at timestamptz NOT NULL);
