-- VACUUM does not cut empty pages off the ends of tables that commands write: it would lock the table for as long as PostgreSQL
-- needs to look through all of its buffers, which with 4 GB of them is 80 ms, and tables that fill and empty have it do so every
-- time. Free pages are used again; VACUUM (TRUNCATE) gives them back.
ALTER TABLE kv_keys           SET (vacuum_truncate = off, toast.vacuum_truncate = off);
ALTER TABLE kv_hashes         SET (vacuum_truncate = off, toast.vacuum_truncate = off);
ALTER TABLE kv_sets           SET (vacuum_truncate = off, toast.vacuum_truncate = off);
ALTER TABLE kv_zsets          SET (vacuum_truncate = off, toast.vacuum_truncate = off);
ALTER TABLE kv_lists          SET (vacuum_truncate = off, toast.vacuum_truncate = off);
ALTER TABLE kv_writers        SET (vacuum_truncate = off);
ALTER TABLE kv_nodes          SET (vacuum_truncate = off);
ALTER TABLE kv_dropped_colls  SET (vacuum_truncate = off);
ALTER TABLE kv_dropped_spaces SET (vacuum_truncate = off);
