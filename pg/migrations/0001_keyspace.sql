-- One row per key. Fixed-width columns first, so that a row without an expiry
-- carries no padding.
--
-- A database index is a name for a space: FLUSHDB and SWAPDB only change
-- kv_databases, and the rows of a dropped space are freed in the background.

CREATE SEQUENCE kv_space_id AS integer;

CREATE TABLE kv_databases (
    db    smallint PRIMARY KEY,
    space integer  NOT NULL DEFAULT nextval('kv_space_id')
);

CREATE TABLE kv_dropped_spaces (
    space   integer PRIMARY KEY,
    -- Once every transaction older than this has ended, no row can be added
    -- to the space any more. Null until the collector first sees the space.
    horizon xid8
);

-- Cached per connection: an id is taken for every upsert, new key or not.
CREATE SEQUENCE kv_key_id CACHE 1000;

CREATE TABLE kv_keys (
    id        bigint   NOT NULL DEFAULT nextval('kv_key_id'),
    expire_at bigint,                -- milliseconds since 1970; null: never
    space     integer  NOT NULL,
    -- Type in the lowest four bits: 0 none (a lock on an absent key), 1 string.
    -- Encoding above: 0 as the value suggests, 1 raw, 2 never int.
    kind      smallint NOT NULL,
    key       bytea    NOT NULL,     -- the key, or a short form of a long one
    value     bytea,
    long_key  bytea                  -- the whole key where key is a short form
) WITH (
    fillfactor = 90,                 -- room for the next version in the same page
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.1
);

-- Values are compared by what they cost on the way through: no compression.
ALTER TABLE kv_keys ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE kv_keys ALTER COLUMN long_key SET STORAGE EXTERNAL;

-- A plan is kept for as long as a connection, and may have been made when there
-- was next to nothing in the table. These indexes leave it no choice: the key
-- comes first where keys are looked for, and the order of SCAN (a key keeps its
-- id as long as it exists) is by an expression that no other condition has.
CREATE UNIQUE INDEX kv_keys_key ON kv_keys (key, space);
CREATE UNIQUE INDEX kv_keys_scan ON kv_keys ((space + 0), id);

CREATE FUNCTION kv_now_ms() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;

-- Text of a value for people: UTF-8 where it is that, otherwise escaped bytes.
CREATE FUNCTION kv_text(b bytea) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
    IF position('\x00'::bytea IN b) = 0 THEN
        RETURN convert_from(b, 'UTF8');
    END IF;
    RETURN encode(b, 'escape');
EXCEPTION WHEN OTHERS THEN
    RETURN encode(b, 'escape');
END $$;

CREATE VIEW postkeys_keys AS
SELECT d.db,
       kv_text(coalesce(k.long_key, k.key)) AS key,
       CASE k.kind & 15 WHEN 1 THEN 'string' END AS type,
       to_timestamp(k.expire_at / 1000.0) AS expires_at,
       octet_length(k.value) AS bytes
FROM kv_keys k JOIN kv_databases d USING (space)
WHERE k.kind & 15 <> 0 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());

CREATE VIEW postkeys_strings AS
SELECT d.db,
       kv_text(coalesce(k.long_key, k.key)) AS key,
       kv_text(k.value) AS value,
       to_timestamp(k.expire_at / 1000.0) AS expires_at
FROM kv_keys k JOIN kv_databases d USING (space)
WHERE k.kind & 15 = 1 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());

-- Each connection that writes owns a row here and stamps it with the number
-- of the round in the round's own transaction. After a connection is lost
-- during COMMIT the row tells whether the round happened, and deleting it
-- keeps a backend that is still at work from committing it later.
CREATE TABLE kv_writers (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    round      bigint      NOT NULL DEFAULT 0,
    registered timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10, autovacuum_vacuum_cost_delay = 0);
