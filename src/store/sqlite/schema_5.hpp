// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::store::sqlite {

// The feed has one row for each frame, so that a commit touches one page more however many
// executions it moves; `total` is the bytes of all rows up to this one, which tells how many there
// are without reading them. What older frames did is not in it: those count as forgotten.
// Dead letters keep their numbers for ever, also when the newest has been removed.
inline constexpr const char* server_forward = R"(
ALTER TABLE tenants ADD COLUMN feed_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN letters_from INTEGER NOT NULL DEFAULT 0;
UPDATE tenants SET feed_from = (SELECT coalesce(max(position), 0) FROM partitions);

CREATE TABLE feed (
    frame INTEGER PRIMARY KEY,
    total INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency (
    request    INTEGER PRIMARY KEY,
    tenant     INTEGER NOT NULL,
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    digest     TEXT NOT NULL,
    status     INTEGER NOT NULL,
    headers    TEXT NOT NULL,
    body       BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (tenant, scope, key)
) STRICT;
CREATE INDEX idempotency_by_time ON idempotency (tenant, created_ms);

CREATE TABLE variables (
    tenant      INTEGER NOT NULL,
    name        TEXT NOT NULL,
    value       BLOB NOT NULL,
    description TEXT NOT NULL,
    updated_ms  INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE library_nodes (
    node        INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL,
    node_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    type        TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    tags        TEXT NOT NULL,
    lifecycle   INTEGER NOT NULL,
    is_public   INTEGER NOT NULL,
    body        BLOB NOT NULL,
    version     INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL,
    UNIQUE (tenant, node_id)
) STRICT;
CREATE INDEX library_nodes_by_update ON library_nodes (tenant, updated_ms, node);

CREATE TABLE library_node_versions (
    node       INTEGER NOT NULL REFERENCES library_nodes,
    version    INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    body       BLOB NOT NULL,
    comment    TEXT NOT NULL,
    created_by TEXT NOT NULL,
    changed    TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (node, version)
) STRICT;

CREATE INDEX executions_forks ON executions (tenant, forked_from) WHERE forked_from IS NOT NULL;
)";

inline constexpr const char* server_backward = R"(
DROP INDEX executions_forks;
DROP TABLE library_node_versions;
DROP TABLE library_nodes;
DROP TABLE variables;
DROP TABLE idempotency;
DROP TABLE feed;
ALTER TABLE tenants DROP COLUMN letters_from;
ALTER TABLE tenants DROP COLUMN feed_from;
)";

inline constexpr const char* server_rows_lost =
    "SELECT (SELECT count(*) FROM variables) + (SELECT count(*) FROM library_nodes)";

}  // namespace millrace::store::sqlite
