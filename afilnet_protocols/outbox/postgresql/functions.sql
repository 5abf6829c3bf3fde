-- What workers do in an outbox in PostgreSQL, one short transaction each. What stands in braces is filled in, quoted.

DROP FUNCTION IF EXISTS {schema}.take(bigint, boolean, bigint[], text, double precision, bigint);

-- The lock of a conversation: held for the rest of a worker's short transaction.
CREATE OR REPLACE FUNCTION {schema}.lock_conversation(platform text, platform_id text, destination text) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended({lock} || chr(31) || $1 || chr(31) || $2 || chr(31) || $3, 0))
$$;

-- The same lock, if nobody else has it.
CREATE OR REPLACE FUNCTION {schema}.try_conversation(platform text, platform_id text, destination text) RETURNS boolean
LANGUAGE sql AS $$
    SELECT pg_try_advisory_xact_lock(
        hashtextextended({lock} || chr(31) || $1 || chr(31) || $2 || chr(31) || $3, 0)
    )
$$;

-- Mark the head of a conversation anew, under its lock.
CREATE OR REPLACE FUNCTION {schema}.mark_head(platform text, platform_id text, destination text) RETURNS void
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
CREATE OR REPLACE FUNCTION {schema}.sort_in(most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    fresh bigint[];
    locked bigint[] := '{{}}';
    place record;
BEGIN
    fresh := ARRAY(SELECT id FROM {schema}.outbox WHERE head IS NULL AND state = 'pending' ORDER BY id LIMIT most);
    IF cardinality(fresh) = 0 THEN
        RETURN 0;
    END IF;
    -- Locks come before rows, and none is waited for, since the caller may hold another: what is in a conversation that
    -- somebody else has locked is looked at the next time.
    FOR place IN
        SELECT o.platform, o.platform_id, o.destination, array_agg(o.id) AS ids FROM {schema}.outbox AS o
        WHERE o.id = ANY (fresh) GROUP BY 1, 2, 3
    LOOP
        IF {schema}.try_conversation(place.platform, place.platform_id, place.destination) THEN
            locked := locked || place.ids;
        END IF;
    END LOOP;
    fresh := locked;
    UPDATE {schema}.outbox SET head = false WHERE id = ANY (fresh) AND head IS NULL;
    IF EXISTS (SELECT FROM {schema}.outbox WHERE id = ANY (fresh) AND head IS NULL AND state = 'pending') THEN
        RAISE EXCEPTION USING MESSAGE = {undone};
    END IF;
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

-- Take the next entry that is due: no entry if there is none, or if the rate allows none before "wait" seconds. With
-- "upto", only what is in that entry's conversation and not behind it. An entry that has expired is only told of. Where
-- another process than "backend" serves, which holds the worker's lock, nothing is taken.
CREATE OR REPLACE FUNCTION {schema}.claim(
    backend integer, worker bigint, begun boolean, without bigint[], account text, spacing double precision, upto bigint,
    OUT wait double precision, OUT expired boolean, OUT elsewhere boolean, OUT entry {schema}.outbox
) LANGUAGE plpgsql AS $$
DECLARE
    turn timestamptz;
    -- A value: compared with the clock itself, which is another one for each row, no index would be of use.
    moment timestamptz;
    chosen bigint;
    sends boolean;
    taken bigint[] := without;
BEGIN
    wait := 0;
    expired := false;
    elsewhere := pg_backend_pid() <> backend;
    IF elsewhere THEN
        RETURN;
    END IF;
    IF spacing > 0 THEN
        INSERT INTO {schema}.rates VALUES (account, clock_timestamp()) ON CONFLICT DO NOTHING;
        SELECT next_at INTO turn FROM {schema}.rates AS r WHERE r.account = claim.account FOR UPDATE;
        moment := clock_timestamp();  -- one reading: by a second one the turn may have come, and nothing be left to wait
        IF turn > moment THEN
            wait := extract(epoch FROM turn - moment);
            RETURN;
        END IF;
    END IF;
    PERFORM {schema}.sort_in(200);
    LOOP
        chosen := NULL;
        moment := clock_timestamp();
        IF upto IS NULL THEN
            SELECT due.id INTO chosen FROM (
                SELECT unhindered.id FROM (
                    SELECT o.id FROM {schema}.outbox AS o WHERE o.head AND o.not_before IS NULL AND o.id <> ALL (taken)
                    ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) AS unhindered
                UNION ALL
                SELECT rested.id FROM (
                    SELECT o.id FROM {schema}.outbox AS o
                    WHERE o.head AND o.not_before <= moment AND o.id <> ALL (taken)
                    ORDER BY o.not_before, o.id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) AS rested
            ) AS due ORDER BY due.id LIMIT 1;
        ELSE
            SELECT o.id INTO chosen FROM {schema}.outbox AS o
            WHERE o.head AND o.id <= upto AND o.id <> ALL (taken)
            AND (o.not_before IS NULL OR o.not_before <= moment)
            AND (o.platform, o.platform_id, o.destination)
                = (SELECT w.platform, w.platform_id, w.destination FROM {schema}.outbox AS w WHERE w.id = upto)
            FOR UPDATE SKIP LOCKED;
        END IF;
        EXIT WHEN chosen IS NULL;
        expired := (SELECT coalesce(o.expires <= moment, false) FROM {schema}.outbox AS o WHERE o.id = chosen);
        sends := begun AND NOT expired;
        BEGIN
            UPDATE {schema}.outbox AS o SET
                owner = worker, head = false,
                state = CASE WHEN sends THEN 'sending' ELSE o.state END,
                attempts = o.attempts + sends::integer,
                claim = CASE WHEN sends THEN nextval({claims}) ELSE o.claim END,
                baseline = NULL, changed_at = clock_timestamp()
            WHERE o.id = chosen RETURNING o.* INTO entry;
            -- Though this transaction has it locked: a trigger that returns NULL leaves no row, one that returns OLD the
            -- row as it was.
            IF NOT FOUND OR entry.owner IS DISTINCT FROM worker OR (sends AND entry.state <> 'sending') THEN
                RAISE EXCEPTION USING MESSAGE = {undone};
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Another entry of its conversation is in hand: whoever has it marks the head anew when it is done.
            taken := taken || chosen;
            expired := false;
        END;
    END LOOP;
    IF entry.id IS NOT NULL AND spacing > 0 AND NOT expired THEN
        UPDATE {schema}.rates AS r SET
            next_at = greatest(turn, clock_timestamp() - make_interval(secs => spacing)) + make_interval(secs => spacing)
        WHERE r.account = claim.account;
    END IF;
END
$$;

-- Note what became of an entry that a worker has in hand, or had when it was taken for gone; return it as it is now.
CREATE OR REPLACE FUNCTION {schema}.finish(
    number bigint, worker bigint, became text, kind text, why text, rests double precision, doubts integer
) RETURNS {schema}.outbox
LANGUAGE plpgsql AS $$
DECLARE entry {schema}.outbox;
BEGIN
    SELECT * INTO entry FROM {schema}.outbox AS o WHERE o.id = number;
    PERFORM {schema}.lock_conversation(entry.platform, entry.platform_id, entry.destination);
    UPDATE {schema}.outbox AS o SET
        state = became, owner = CASE WHEN became <> 'pending' THEN worker END, error = kind, reason = why,
        not_before = greatest(clock_timestamp() + make_interval(secs => rests), o.scheduled),
        changed_at = clock_timestamp(), doubtful = o.doubtful + doubts, head = false
    WHERE o.id = number AND o.owner = worker AND o.state IN ('pending', 'sending', 'unknown');
    PERFORM {schema}.mark_head(entry.platform, entry.platform_id, entry.destination);
    SELECT * INTO entry FROM {schema}.outbox AS o WHERE o.id = number;
    IF entry.owner = worker AND entry.state <> became AND entry.state IN ('pending', 'sending', 'unknown') THEN
        RAISE EXCEPTION USING MESSAGE = {undone};
    END IF;
    RETURN entry;
END
$$;

-- Note that an entry was sent, and take the next one: both or neither.
CREATE OR REPLACE FUNCTION {schema}.proceed(
    number bigint, backend integer, worker bigint, begun boolean, without bigint[], account text,
    spacing double precision, upto bigint,
    OUT wait double precision, OUT expired boolean, OUT elsewhere boolean, OUT entry {schema}.outbox
) LANGUAGE sql AS $$
    SELECT {schema}.finish(number, worker, 'sent', NULL, NULL, NULL, 0);
    SELECT * FROM {schema}.claim(backend, worker, begun, without, account, spacing, upto);
$$;

-- The workers that have an entry in hand and whose session has ended. A lock that can be taken is given back at once,
-- when the transaction of this one statement ends: were it held on, the worker would seem to be back.
CREATE OR REPLACE FUNCTION {schema}.gone(mine bigint[]) RETURNS SETOF bigint
LANGUAGE sql AS $$
    SELECT held.owner FROM (
        SELECT DISTINCT o.owner FROM {schema}.outbox AS o
        WHERE o.owner IS NOT NULL AND o.state IN ('pending', 'sending') OFFSET 0
    ) AS held WHERE held.owner <> ALL (mine) AND pg_try_advisory_xact_lock(held.owner)
$$;

-- Tell idle workers, when the transaction commits, that there is work.
CREATE OR REPLACE FUNCTION {schema}.ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify({channel}, '');
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER outbox_put_in AFTER INSERT ON {schema}.outbox FOR EACH STATEMENT EXECUTE FUNCTION {schema}.ring();

REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC;

-- Whoever may call what an earlier version made may call what this one makes.
DO $$
DECLARE grantee oid;
BEGIN
    FOR grantee IN
        SELECT DISTINCT a.grantee FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
        WHERE p.pronamespace = {name}::regnamespace AND a.grantee NOT IN (0, p.proowner)
    LOOP
        EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %s TO %I', {name}, pg_get_userbyid(grantee));
    END LOOP;
END
$$;
