// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::store::sqlite {

// A series is a workflow, a node of one, or all workflows (both ids empty). Its rows lie together
// and in order of time; what is too old is found by its age.
// Failures are few and asked for often: only those are in an index of executions.
inline constexpr const char* rollups_forward = R"(
CREATE TABLE rollup_series (
    series      INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL,
    workflow_id TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    UNIQUE (tenant, workflow_id, node_id)
) STRICT;

CREATE TABLE rollups (
    series   INTEGER NOT NULL,
    span     INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (series, span, start_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollups_by_age ON rollups (span, start_ms);

CREATE TABLE rollup_progress (
    tenant   INTEGER PRIMARY KEY,
    frame    INTEGER NOT NULL,
    feed_row INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE rollup_gaps (
    gap     INTEGER PRIMARY KEY,
    tenant  INTEGER NOT NULL,
    from_ms INTEGER,
    to_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX executions_failed ON executions (tenant, execution) WHERE status = 5;
CREATE INDEX executions_failed_by_end ON executions (tenant, completed_ms, execution)
    WHERE status = 5;
)";

inline constexpr const char* rollups_backward = R"(
DROP INDEX executions_failed_by_end;
DROP INDEX executions_failed;
DROP TABLE rollup_gaps;
DROP TABLE rollup_progress;
DROP TABLE rollups;
DROP TABLE rollup_series;
)";

}  // namespace millrace::store::sqlite
