// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::store::sqlite {

// What a workflow's row says of its head was in the documents only. The newest version becomes the
// head, and what no earlier program could have saved otherwise is known as run from a file.
// Dead letters have no index of their own for each filter: there are few, or somebody looks at them
// by number. Kept results are found by key and evicted in order of time; what else is asked of them
// reads all, which their limit of bytes allows.
inline constexpr const char* parts_forward = R"(
ALTER TABLE workflows ADD COLUMN name       TEXT NOT NULL DEFAULT '';
ALTER TABLE workflows ADD COLUMN folder     TEXT NOT NULL DEFAULT '';
ALTER TABLE workflows ADD COLUMN tags       TEXT NOT NULL DEFAULT '[]';
ALTER TABLE workflows ADD COLUMN origin     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workflows ADD COLUMN head       INTEGER;
ALTER TABLE workflows ADD COLUMN active     INTEGER;
ALTER TABLE workflows ADD COLUMN created_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workflows ADD COLUMN updated_ms INTEGER NOT NULL DEFAULT 0;
UPDATE workflows SET (head, created_ms, updated_ms) =
    (SELECT max(number), coalesce(min(created_ms), 0), coalesce(max(created_ms), 0) FROM workflow_versions v
     WHERE v.tenant = workflows.tenant AND v.workflow = workflows.workflow);
UPDATE workflows SET (name, folder, tags) =
    (SELECT CASE json_type(document, '$.name') WHEN 'text' THEN document ->> '$.name' ELSE '' END,
            CASE json_type(document, '$.folder') WHEN 'text' THEN document ->> '$.folder'
                                                 ELSE '' END,
            CASE json_type(document, '$.tags') WHEN 'array' THEN document -> '$.tags'
                                               ELSE '[]' END
     FROM workflow_versions v WHERE v.tenant = workflows.tenant
     AND v.workflow = workflows.workflow AND v.number = workflows.head)
    WHERE head IN (SELECT number FROM workflow_versions v WHERE v.tenant = workflows.tenant
                   AND v.workflow = workflows.workflow AND json_valid(document));
CREATE INDEX workflows_by_update ON workflows (tenant, updated_ms, workflow)
    WHERE head IS NOT NULL;

CREATE TABLE dead_letters (
    number      INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL,
    execution   BLOB NOT NULL,
    path        TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    version     INTEGER NOT NULL,
    code        TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    replayed_as BLOB,
    decided_ms  INTEGER,
    failure     BLOB NOT NULL,
    input       BLOB NOT NULL,
    UNIQUE (tenant, execution, path)
) STRICT;
CREATE INDEX dead_letters_open ON dead_letters (tenant, number) WHERE status = 0;

CREATE TABLE shared_state (
    tenant INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE result_cache (
    entry       INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL,
    key         TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    tags        TEXT NOT NULL,
    stored_ms   INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    UNIQUE (tenant, key)
) STRICT;
CREATE INDEX result_cache_by_expiry ON result_cache (tenant, expires_ms, size);

CREATE TABLE secrets (
    tenant     INTEGER NOT NULL,
    kind       INTEGER NOT NULL,
    name       TEXT NOT NULL,
    type       TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;
)";

inline constexpr const char* parts_backward = R"(
DROP TABLE secrets;
DROP TABLE result_cache;
DROP TABLE shared_state;
DROP TABLE dead_letters;
DROP INDEX workflows_by_update;
ALTER TABLE workflows DROP COLUMN updated_ms;
ALTER TABLE workflows DROP COLUMN created_ms;
ALTER TABLE workflows DROP COLUMN active;
ALTER TABLE workflows DROP COLUMN head;
ALTER TABLE workflows DROP COLUMN origin;
ALTER TABLE workflows DROP COLUMN tags;
ALTER TABLE workflows DROP COLUMN folder;
ALTER TABLE workflows DROP COLUMN name;
)";

inline constexpr const char* parts_rows_lost =
    "SELECT (SELECT count(*) FROM secrets) + (SELECT count(*) FROM dead_letters) "
    "+ (SELECT count(*) FROM workflows WHERE active IS NOT NULL)";

}  // namespace millrace::store::sqlite
