-- The processes that serve this database, see package notify. What is in these
-- tables means nothing after a restart of PostgreSQL: it is not logged.
CREATE UNLOGGED TABLE kv_nodes (
    id      bigint      PRIMARY KEY,    -- chosen at random when the process starts
    backend integer     NOT NULL,       -- of the connection on which it listens
    beat    timestamptz NOT NULL        -- when it was last heard of
) WITH (fillfactor = 10);

-- Messages between nodes that are too large for a notification, in pieces.
CREATE UNLOGGED TABLE kv_messages (
    node   bigint      NOT NULL,        -- who sent it
    number bigint      NOT NULL,        -- of the payload that announces it
    piece  integer     NOT NULL,
    sent   timestamptz NOT NULL DEFAULT clock_timestamp(),
    body   bytea       NOT NULL,
    PRIMARY KEY (node, number, piece)
);
ALTER TABLE kv_messages ALTER COLUMN body SET STORAGE EXTERNAL;
