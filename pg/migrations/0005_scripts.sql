-- Scripts by their digest, for EVALSHA on any node. Those that SCRIPT LOAD was asked to keep stay until SCRIPT FLUSH; of
-- those that EVAL left, the latest.
CREATE TABLE kv_scripts (
    sha    bytea   PRIMARY KEY,
    body   bytea   NOT NULL,
    loaded boolean NOT NULL,
    id     bigint  NOT NULL GENERATED ALWAYS AS IDENTITY
);
ALTER TABLE kv_scripts ALTER COLUMN body SET STORAGE EXTENDED;

-- Libraries of functions by their names, as FUNCTION LOAD took them.
CREATE TABLE kv_functions (
    library text  PRIMARY KEY,
    code    bytea NOT NULL
);

-- One row: how often the scripts were flushed, and how often the libraries were changed. Nodes look at it together with the
-- keys of a script, and know whether what they remember is still true.
CREATE TABLE kv_script_epochs (
    scripts   bigint NOT NULL,
    functions bigint NOT NULL
);
INSERT INTO kv_script_epochs VALUES (1, 1);
