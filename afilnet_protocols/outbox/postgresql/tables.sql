-- An outbox in PostgreSQL. What stands in braces is filled in, quoted.
--
-- "head" marks the one entry of a conversation that may be claimed; NULL is an entry that no worker has looked at yet.
-- It is written by workers only, in short transactions and under a lock of the conversation, so that an application
-- that puts entries in waits for nobody and nobody waits for it. Whatever "head" says, the unique index keeps two
-- entries of one conversation from being in hand at once.

CREATE SCHEMA IF NOT EXISTS {schema};
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;

CREATE TABLE {schema}.version (version integer NOT NULL);
INSERT INTO {schema}.version VALUES (1);

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

-- The lock of a conversation: held for the rest of a worker's short transaction.
CREATE FUNCTION {schema}.lock_conversation(platform text, platform_id text, destination text) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended({lock} || chr(31) || $1 || chr(31) || $2 || chr(31) || $3, 0))
$$;

-- Mark the head of a conversation anew, under its lock.
CREATE FUNCTION {schema}.mark_head(platform text, platform_id text, destination text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE first bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM {schema}.outbox AS o WHERE o.owner IS NOT NULL AND o.state IN ('pending', 'sending')
        AND o.platform = $1 AND o.platform_id = $2 AND o.destination = $3
    ) THEN
        SELECT o.id INTO first FROM {schema}.outbox AS o
        WHERE o.state = 'pending' AND o.platform = $1 AND o.platform_id = $2 AND o.destination = $3
        ORDER BY o.id LIMIT 1;
    END IF;
    UPDATE {schema}.outbox AS o SET head = false
    WHERE o.head AND o.id IS DISTINCT FROM first
    AND o.platform = $1 AND o.platform_id = $2 AND o.destination = $3;
    UPDATE {schema}.outbox AS o SET head = true WHERE o.id = first AND o.head IS DISTINCT FROM true;
END
$$;

-- Look at entries that no worker has looked at, so many at most; return how many there were.
CREATE FUNCTION {schema}.sort_in(most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    fresh bigint[];
    place record;
BEGIN
    fresh := ARRAY(SELECT id FROM {schema}.outbox WHERE head IS NULL AND state = 'pending' ORDER BY id LIMIT most);
    IF cardinality(fresh) = 0 THEN
        RETURN 0;
    END IF;
    -- Locks come before rows, in one order, so that no two workers wait for one another.
    FOR place IN
        SELECT DISTINCT o.platform, o.platform_id, o.destination FROM {schema}.outbox AS o
        WHERE o.id = ANY (fresh) ORDER BY 1, 2, 3
    LOOP
        PERFORM {schema}.lock_conversation(place.platform, place.platform_id, place.destination);
    END LOOP;
    UPDATE {schema}.outbox SET head = false WHERE id = ANY (fresh) AND head IS NULL;
    FOR place IN
        SELECT DISTINCT o.platform, o.platform_id, o.destination FROM {schema}.outbox AS o WHERE o.id = ANY (fresh)
    LOOP
        IF NOT EXISTS (
            SELECT FROM {schema}.outbox AS o WHERE o.head
            AND o.platform = place.platform AND o.platform_id = place.platform_id
            AND o.destination = place.destination AND o.id <= ALL (fresh)
        ) THEN
            PERFORM {schema}.mark_head(place.platform, place.platform_id, place.destination);
        END IF;
    END LOOP;
    RETURN cardinality(fresh);
END
$$;

-- Take the next entry that is due: no row if there is none, or if the rate allows none before "wait" seconds. With
-- "upto", only what is in that entry's conversation and not behind it.
CREATE FUNCTION {schema}.take(
    worker bigint, begun boolean, without bigint[], account text, spacing double precision, upto bigint,
    OUT number bigint, OUT wait double precision, OUT expired boolean
) LANGUAGE plpgsql AS $$
DECLARE
    turn timestamptz;
    chosen bigint;
    sends boolean;
    taken bigint[] := without;
BEGIN
    wait := 0;
    expired := false;
    IF spacing > 0 THEN
        INSERT INTO {schema}.rates VALUES (account, clock_timestamp()) ON CONFLICT DO NOTHING;
        SELECT next_at INTO turn FROM {schema}.rates AS r WHERE r.account = take.account FOR UPDATE;
        IF turn > clock_timestamp() THEN
            wait := extract(epoch FROM turn - clock_timestamp());
            RETURN;
        END IF;
    END IF;
    PERFORM {schema}.sort_in(200);
    LOOP
        chosen := NULL;
        IF upto IS NULL THEN
            SELECT due.id INTO chosen FROM (
                SELECT unhindered.id FROM (
                    SELECT o.id FROM {schema}.outbox AS o WHERE o.head AND o.not_before IS NULL AND o.id <> ALL (taken)
                    ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) AS unhindered
                UNION ALL
                SELECT rested.id FROM (
                    SELECT o.id FROM {schema}.outbox AS o
                    WHERE o.head AND o.not_before <= clock_timestamp() AND o.id <> ALL (taken)
                    ORDER BY o.not_before, o.id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) AS rested
            ) AS due ORDER BY due.id LIMIT 1;
        ELSE
            SELECT o.id INTO chosen FROM {schema}.outbox AS o
            WHERE o.head AND o.id <= upto AND o.id <> ALL (taken)
            AND (o.not_before IS NULL OR o.not_before <= clock_timestamp())
            AND (o.platform, o.platform_id, o.destination)
                = (SELECT w.platform, w.platform_id, w.destination FROM {schema}.outbox AS w WHERE w.id = upto)
            FOR UPDATE SKIP LOCKED;
        END IF;
        EXIT WHEN chosen IS NULL;
        expired := (SELECT coalesce(o.expires <= clock_timestamp(), false) FROM {schema}.outbox AS o WHERE o.id = chosen);
        sends := begun AND NOT expired;
        BEGIN
            UPDATE {schema}.outbox AS o SET
                owner = worker, head = false,
                state = CASE WHEN sends THEN 'sending' ELSE o.state END,
                attempts = o.attempts + sends::integer,
                claim = CASE WHEN sends THEN nextval({claims}) ELSE o.claim END,
                baseline = NULL, changed_at = clock_timestamp()
            WHERE o.id = chosen;
            number := chosen;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Another entry of its conversation is in hand: whoever has it marks the head anew when it is done.
            taken := taken || chosen;
            expired := false;
        END;
    END LOOP;
    IF number IS NOT NULL AND spacing > 0 AND NOT expired THEN
        UPDATE {schema}.rates AS r SET
            next_at = greatest(turn, clock_timestamp() - make_interval(secs => spacing)) + make_interval(secs => spacing)
        WHERE r.account = take.account;
    END IF;
END
$$;

-- Tell idle workers, when the transaction commits, that there is work.
CREATE FUNCTION {schema}.ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify({channel}, '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_put_in AFTER INSERT ON {schema}.outbox FOR EACH STATEMENT EXECUTE FUNCTION {schema}.ring();

REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC;
