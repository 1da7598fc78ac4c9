-- A small collection is packed into the column value of its key. A larger one
-- has a number there, coll, and its elements in the tables below; the value is
-- then a summary: how many elements, and where a list begins.
--
-- Elements are changed only by those who hold the lock of the key's row. A
-- collection is dropped by noting its number; its rows are freed in the
-- background.
ALTER TABLE kv_keys ADD COLUMN coll bigint;

CREATE SEQUENCE kv_coll_id INCREMENT BY 1000;

CREATE TABLE kv_dropped_colls (
    coll bigint   PRIMARY KEY,
    type smallint NOT NULL          -- as in the lowest bits of kind
);

-- Elements are found by a keyed hash of their name (SipHash-2-4), whatever its
-- length, and SCAN walks in the order of the hashes.
CREATE TABLE kv_hash_seed (seed bytea NOT NULL);
INSERT INTO kv_hash_seed SELECT uuid_send(gen_random_uuid());

CREATE TABLE kv_hashes (
    coll      bigint NOT NULL,
    hash      bigint NOT NULL,
    expire_at bigint,
    field     bytea  NOT NULL,
    value     bytea  NOT NULL
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE kv_sets (
    coll   bigint NOT NULL,
    hash   bigint NOT NULL,
    member bytea  NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE kv_zsets (
    coll   bigint           NOT NULL,
    hash   bigint           NOT NULL,
    score  double precision NOT NULL,
    member bytea            NOT NULL,   -- the member, or the short form of a long one
    long_member bytea                   -- the whole member where member is a short form
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- A list is a row of nodes, in the order of their anchors. A node holds count
-- elements, number first and those after it; its anchor stays while it grows
-- and shrinks, so that pushing and popping touch no index.
CREATE TABLE kv_lists (
    coll     bigint  NOT NULL,
    anchor   bigint  NOT NULL,
    first    bigint  NOT NULL,
    count    integer NOT NULL,
    elements bytea   NOT NULL,          -- packed, see kv_unpack
    PRIMARY KEY (coll, anchor)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE kv_hashes ALTER COLUMN field SET STORAGE EXTERNAL, ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE kv_sets   ALTER COLUMN member SET STORAGE EXTERNAL;
ALTER TABLE kv_zsets  ALTER COLUMN member SET STORAGE EXTERNAL, ALTER COLUMN long_member SET STORAGE EXTERNAL;
ALTER TABLE kv_lists  ALTER COLUMN elements SET STORAGE EXTERNAL;

CREATE INDEX kv_hashes_hash ON kv_hashes (coll, hash);
CREATE INDEX kv_sets_hash   ON kv_sets   (coll, hash);
CREATE INDEX kv_zsets_hash  ON kv_zsets  (coll, hash);
CREATE INDEX kv_zsets_score ON kv_zsets  (coll, score, member);

-- The items of a packed collection or of a list's node: a byte of flags, then
-- for each item its length (seven bits a byte, lowest first, the eighth bit set
-- where more follow) and its bytes.
CREATE FUNCTION kv_unpack(packed bytea) RETURNS TABLE (n integer, item bytea)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    at integer := 1;
    size integer;
    shift integer;
    part integer;
BEGIN
    n := 0;
    WHILE at < octet_length(packed) LOOP
        size := 0;
        shift := 0;
        LOOP
            part := get_byte(packed, at);
            at := at + 1;
            size := size + ((part & 127) << shift);
            EXIT WHEN part < 128;
            shift := shift + 7;
        END LOOP;
        item := substring(packed FROM at + 1 FOR size);
        RETURN NEXT;
        at := at + size;
        n := n + 1;
    END LOOP;
END $$;

-- The number that eight bytes hold in the format of IEEE 754, highest first.
CREATE FUNCTION kv_double(b bytea) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    bits bigint := ('x' || encode(b, 'hex'))::bit(64)::bigint;
    sign double precision := CASE WHEN bits < 0 THEN -1 ELSE 1 END;
    exponent integer := ((bits >> 52) & 2047)::integer;
    mantissa double precision := (bits & 4503599627370495)::double precision / 4503599627370496.0;
BEGIN
    RETURN CASE exponent
        WHEN 2047 THEN sign * 'Infinity'::double precision
        WHEN 0 THEN sign * mantissa * 2.0::double precision ^ -1022
        ELSE sign * (1 + mantissa) * 2.0::double precision ^ (exponent - 1023)
    END;
END $$;

CREATE OR REPLACE VIEW postkeys_keys AS
SELECT d.db,
       kv_text(coalesce(k.long_key, k.key)) AS key,
       (ARRAY['string', 'list', 'set', 'zset', 'hash', 'stream'])[k.kind & 15] AS type,
       to_timestamp(k.expire_at / 1000.0) AS expires_at,
       octet_length(k.value) AS bytes
FROM kv_keys k JOIN kv_databases d USING (space)
WHERE k.kind & 15 <> 0 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());

CREATE VIEW postkeys_hashes AS
SELECT d.db, kv_text(coalesce(k.long_key, k.key)) AS key, kv_text(e.field) AS field, kv_text(e.value) AS value,
       to_timestamp(e.expire_at / 1000.0) AS field_expires_at, to_timestamp(k.expire_at / 1000.0) AS expires_at
FROM kv_keys k JOIN kv_databases d USING (space) CROSS JOIN LATERAL (
    SELECT f.field, f.value, f.expire_at FROM kv_hashes f WHERE f.coll = k.coll
    UNION ALL
    SELECT a[1], a[2], CASE WHEN octet_length(a[3]) = 8 THEN ('x' || encode(a[3], 'hex'))::bit(64)::bigint END
    FROM (SELECT array_agg(u.item ORDER BY u.n) AS a FROM kv_unpack(k.value) u
          WHERE k.coll IS NULL GROUP BY u.n / (2 + get_byte(k.value, 0))) packed
) e
WHERE k.kind & 15 = 5 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms())
  AND (e.expire_at IS NULL OR e.expire_at > kv_now_ms());

CREATE VIEW postkeys_sets AS
SELECT d.db, kv_text(coalesce(k.long_key, k.key)) AS key, kv_text(e.member) AS member,
       to_timestamp(k.expire_at / 1000.0) AS expires_at
FROM kv_keys k JOIN kv_databases d USING (space) CROSS JOIN LATERAL (
    SELECT f.member FROM kv_sets f WHERE f.coll = k.coll
    UNION ALL
    SELECT u.item FROM kv_unpack(k.value) u WHERE k.coll IS NULL
) e
WHERE k.kind & 15 = 3 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());

CREATE VIEW postkeys_zsets AS
SELECT d.db, kv_text(coalesce(k.long_key, k.key)) AS key, kv_text(e.member) AS member, e.score,
       to_timestamp(k.expire_at / 1000.0) AS expires_at
FROM kv_keys k JOIN kv_databases d USING (space) CROSS JOIN LATERAL (
    SELECT coalesce(f.long_member, f.member) AS member, f.score FROM kv_zsets f WHERE f.coll = k.coll
    UNION ALL
    SELECT a[1], kv_double(a[2])
    FROM (SELECT array_agg(u.item ORDER BY u.n) AS a FROM kv_unpack(k.value) u
          WHERE k.coll IS NULL GROUP BY u.n / 2) packed
) e
WHERE k.kind & 15 = 4 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());

CREATE VIEW postkeys_lists AS
SELECT d.db, kv_text(coalesce(k.long_key, k.key)) AS key,
       row_number() OVER (PARTITION BY k.id ORDER BY e.at, e.n) - 1 AS index, kv_text(e.item) AS element,
       to_timestamp(k.expire_at / 1000.0) AS expires_at
FROM kv_keys k JOIN kv_databases d USING (space) CROSS JOIN LATERAL (
    SELECT f.first AS at, u.n, u.item FROM kv_lists f CROSS JOIN LATERAL kv_unpack(f.elements) u WHERE f.coll = k.coll
    UNION ALL
    SELECT 0, u.n, u.item FROM kv_unpack(k.value) u WHERE k.coll IS NULL
) e
WHERE k.kind & 15 = 2 AND (k.expire_at IS NULL OR k.expire_at > kv_now_ms());
