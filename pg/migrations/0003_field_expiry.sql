-- Fields of hashes that expire. Only such fields are in the index.
CREATE INDEX kv_hashes_expiry ON kv_hashes (coll, expire_at) WHERE expire_at IS NOT NULL;

-- Whether a hash has nothing left that has not expired. A packed one has three
-- items for each field if the lowest bit of its first byte is set.
CREATE FUNCTION kv_fields_expired(packed bytea, now_ms bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT get_byte(packed, 0) & 1 = 1 AND NOT EXISTS (
        SELECT FROM kv_unpack(packed) u
        WHERE u.n % 3 = 2 AND (octet_length(u.item) = 0 OR ('x' || encode(u.item, 'hex'))::bit(64)::bigint > now_ms))
$$;
