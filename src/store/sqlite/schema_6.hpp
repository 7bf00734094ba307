// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "sqlite/schema_6_rollups.hpp"

namespace millrace::store::sqlite {

// All trigger nodes of the document that is workflow ?1's active version; without the parameter,
// of all workflows. A text that is no document has none.
#define MR_INSERT_TRIGGERS                                                                     \
    "INSERT INTO active_triggers (tenant, workflow, place, version, node_id, type, data) "     \
    "SELECT 0, w.workflow, n.key, w.active, coalesce(n.value ->> '$.id', ''), "                \
    "n.value ->> '$.type', coalesce(n.value -> '$.data', 'null') FROM workflows w "            \
    "CROSS JOIN workflow_versions v ON v.tenant = 0 AND v.workflow = w.workflow "              \
    "AND v.number = w.active CROSS JOIN json_each("                                            \
    "CASE WHEN json_valid(v.document) THEN v.document ELSE '{}' END, '$.nodes') n "            \
    "WHERE w.tenant = 0 AND w.head IS NOT NULL AND w.active IS NOT NULL AND n.type = 'object'" \
    " AND json_type(n.value, '$.type') = 'text' "                                              \
    "AND substr(n.value ->> '$.type', 1, 8) = 'trigger.' "

// The number of a wait is given once, also when the newest has been removed, so that who has seen
// one knows which are newer. Open waits are found without reading those that are closed, of which
// there are as many as ended executions had. The key of a run is that of its journal; text names a
// workflow where frames would have to look its number up.
inline constexpr std::string_view waiting_forward = R"(
ALTER TABLE tenants ADD COLUMN waits_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN parent BLOB;
CREATE INDEX executions_children ON executions (tenant, parent, execution)
    WHERE parent IS NOT NULL;

CREATE TABLE waits (
    wait        INTEGER PRIMARY KEY,
    tenant      INTEGER NOT NULL,
    execution   BLOB NOT NULL,
    scope       INTEGER NOT NULL,
    node        INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    path        TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    version     INTEGER NOT NULL,
    what        INTEGER NOT NULL,
    name        TEXT NOT NULL,
    child       BLOB,
    details     BLOB NOT NULL,
    opened_ms   INTEGER NOT NULL,
    until_ms    INTEGER,
    state       INTEGER NOT NULL,
    closed_ms   INTEGER,
    answer      BLOB,
    token_hash  TEXT,
    UNIQUE (tenant, execution, scope, node, generation)
) STRICT;
CREATE INDEX waits_by_token ON waits (tenant, token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX waits_open ON waits (tenant) WHERE state = 0;
CREATE INDEX waits_open_events ON waits (tenant) WHERE state = 0 AND what = 3;
CREATE INDEX waits_open_children ON waits (tenant) WHERE state = 0 AND what = 4;
CREATE INDEX waits_given_up ON waits (tenant) WHERE state = 3 AND what = 4;

CREATE TABLE schedules (
    tenant         INTEGER NOT NULL,
    workflow_id    TEXT NOT NULL,
    node_id        TEXT NOT NULL,
    spec           TEXT NOT NULL,
    last_due_ms    INTEGER,
    next_due_ms    INTEGER,
    last_execution BLOB,
    started        INTEGER NOT NULL,
    skipped        INTEGER NOT NULL,
    missed         INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL,
    paused         INTEGER NOT NULL,
    waiting_ms     TEXT NOT NULL,
    PRIMARY KEY (tenant, workflow_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE active_triggers (
    tenant   INTEGER NOT NULL,
    workflow INTEGER NOT NULL REFERENCES workflows,
    place    INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    node_id  TEXT NOT NULL,
    type     TEXT NOT NULL,
    data     TEXT NOT NULL,
    PRIMARY KEY (tenant, workflow, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE trigger_counts (
    tenant      INTEGER NOT NULL,
    workflow_id TEXT NOT NULL,
    node_id     TEXT NOT NULL,
    calls       INTEGER NOT NULL,
    succeeded   INTEGER NOT NULL,
    failed      INTEGER NOT NULL,
    refused     INTEGER NOT NULL,
    total_us    INTEGER NOT NULL,
    last_ms     INTEGER NOT NULL,
    PRIMARY KEY (tenant, workflow_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    tenant INTEGER NOT NULL,
    name   TEXT NOT NULL,
    frame  INTEGER NOT NULL,
    row    INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE start_keys (
    tenant    INTEGER NOT NULL,
    name      TEXT NOT NULL,
    execution BLOB NOT NULL,
    until_ms  INTEGER NOT NULL,
    answered  INTEGER NOT NULL,
    removed   INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX start_keys_by_execution ON start_keys (tenant, execution);
CREATE INDEX start_keys_by_time ON start_keys (tenant, until_ms);
)" MR_INSERT_TRIGGERS ";\n";

inline constexpr std::string_view waiting_backward = R"(
DROP TABLE start_keys;
DROP TABLE cursors;
DROP TABLE trigger_counts;
DROP TABLE active_triggers;
DROP TABLE schedules;
DROP TABLE waits;
DROP INDEX executions_children;
ALTER TABLE executions DROP COLUMN parent;
ALTER TABLE tenants DROP COLUMN waits_from;
)";

// SQLite wants one text that ends in a zero.
template <std::size_t size>
consteval std::array<char, size> one_text(std::string_view first, std::string_view second) {
    std::array<char, size> all{};
    std::ranges::copy(second, std::ranges::copy(first, all.begin()).out);
    return all;
}

inline constexpr std::string_view rollups_forward_text = rollups_forward;
inline constexpr auto waiting_and_rollups_forward =
    one_text<waiting_forward.size() + rollups_forward_text.size() + 1>(waiting_forward,
                                                                       rollups_forward_text);
inline constexpr std::string_view rollups_backward_text = rollups_backward;
inline constexpr auto waiting_and_rollups_backward =
    one_text<waiting_backward.size() + rollups_backward_text.size() + 1>(rollups_backward_text,
                                                                         waiting_backward);

// The counts, rollups and cursors begin anew; the triggers follow from the documents.
inline constexpr const char* waiting_rows_lost =
    "SELECT (SELECT count(*) FROM waits WHERE state = 0) + (SELECT count(*) FROM schedules)";

}  // namespace millrace::store::sqlite
