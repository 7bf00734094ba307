// SPDX-License-Identifier: Apache-2.0
#include "sqlite/node_library.hpp"

#include <limits>
#include <optional>
#include <utility>

#include "millrace/core/binary.hpp"
#include "millrace/store/store.hpp"
#include "node_rules.hpp"
#include "part_rules.hpp"

namespace millrace::store::sqlite {

namespace {

#define MR_NODE_COLUMNS                                                                        \
    "SELECT node, node_id, name, description, type, workflow_id, tags, lifecycle, is_public, " \
    "body, version, revision, created_ms, updated_ms FROM library_nodes WHERE tenant = 0 AND "

constexpr const char* one_node_sql = MR_NODE_COLUMNS "node_id = ?1";
constexpr const char* nodes_sql =
    MR_NODE_COLUMNS "(updated_ms, node) < (?1, ?2) ORDER BY updated_ms DESC, node DESC";

#undef MR_NODE_COLUMNS

constexpr const char* put_node_sql =
    "INSERT INTO library_nodes (tenant, node_id, name, description, type, workflow_id, tags, "
    "lifecycle, is_public, body, version, revision, created_ms, updated_ms) "
    "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
    "ON CONFLICT (tenant, node_id) DO UPDATE SET name = excluded.name, "
    "description = excluded.description, type = excluded.type, "
    "workflow_id = excluded.workflow_id, tags = excluded.tags, lifecycle = excluded.lifecycle, "
    "is_public = excluded.is_public, body = excluded.body, version = excluded.version, "
    "revision = excluded.revision, updated_ms = excluded.updated_ms";
constexpr const char* put_version_sql =
    "INSERT INTO library_node_versions (node, version, revision, body, comment, created_by, "
    "changed, created_ms) SELECT node, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM library_nodes "
    "WHERE tenant = 0 AND node_id = ?1 "
    "ON CONFLICT DO UPDATE SET revision = excluded.revision";
constexpr const char* versions_sql =
    "SELECT version, revision, body, comment, created_by, changed, created_ms "
    "FROM library_node_versions WHERE node = ?1 ORDER BY version DESC";

struct StoredNode {
    std::int64_t key = 0;
    LibraryNode node;
};

core::Error cannot_read(const Connection& from, const std::string& id) {
    return {StoreErrc::corrupt, from.path().string() + ": node " + id +
                                    " of the library cannot be read; restore a backup"};
}

core::Result<StoredNode> node_in(const Statement& row, const Connection& from) {
    StoredNode stored;
    stored.key = row.integer(0);
    LibraryNode& node = stored.node;
    node.id = row.text(1);
    node.name = row.text(2);
    node.description = row.text(3);
    node.type = row.text(4);
    node.workflow_id = row.text(5);
    node.tags = texts_in(row.text(6));
    node.lifecycle = static_cast<NodeLifecycle>(row.integer(7));
    node.is_public = row.integer(8) != 0;
    core::BinaryReader body{row.blob(9)};
    node.node = body.value();
    node.version = static_cast<std::uint32_t>(row.integer(10));
    node.revision = static_cast<std::uint32_t>(row.integer(11));
    node.created_at = core::Time{row.integer(12)};
    node.updated_at = core::Time{row.integer(13)};
    if (body.at_end() && row.integer(7) <= 2) return stored;
    return std::unexpected(cannot_read(from, node.id));
}

core::Result<std::optional<StoredNode>> read_node(Connection& connection, const std::string& id) {
    auto statement = connection.cached(one_node_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    const int code = (*statement)->bind_text(1, id).step();
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) return std::unexpected(connection.error("read a node of the library"));
    auto stored = node_in(**statement, connection);
    if (!stored) return std::unexpected(stored.error());
    return std::move(*stored);
}

core::Result<StoredNode> require_node(Connection& connection, const std::string& id) {
    auto stored = read_node(connection, id);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return std::unexpected(node_not_found(id));
    return std::move(**stored);
}

core::Result<> write_node(Connection& connection, const LibraryNode& node, std::string_view body) {
    auto statement = connection.cached(put_node_sql);
    if (!statement) return std::unexpected(statement.error());
    const std::string tags = texts_json(node.tags);
    (*statement)->bind_text(1, node.id).bind_text(2, node.name);
    (*statement)->bind_text(3, node.description).bind_text(4, node.type);
    (*statement)->bind_text(5, node.workflow_id).bind_text(6, tags);
    (*statement)->bind(7, static_cast<std::int64_t>(node.lifecycle)).bind(8, node.is_public);
    (*statement)->bind_blob(9, body).bind(10, node.version).bind(11, node.revision);
    (*statement)->bind(12, node.created_at.ms).bind(13, node.updated_at.ms);
    if ((*statement)->run()) return {};
    return std::unexpected(connection.error(**statement, "save a node of the library"));
}

core::Result<> write_version(Connection& connection, const std::string& id,
                             const LibraryNodeVersion& version, std::string_view body) {
    auto statement = connection.cached(put_version_sql);
    if (!statement) return std::unexpected(statement.error());
    const std::string changed = texts_json(version.changed_fields);
    (*statement)->bind_text(1, id).bind(2, version.version).bind(3, version.revision);
    (*statement)->bind_blob(4, body).bind_text(5, version.comment);
    (*statement)->bind_text(6, version.created_by).bind_text(7, changed);
    if ((*statement)->bind(8, version.created_at.ms).run()) return {};
    return std::unexpected(connection.error(**statement, "save a node of the library"));
}

core::Result<LibraryNode> put_node(Connection& connection, const LibraryNodePut& put,
                                   core::Time now) {
    const auto stored = read_node(connection, put.node.id);
    if (!stored) return std::unexpected(stored.error());
    auto next = next_node(put, *stored ? &(*stored)->node : nullptr, now);
    if (!next) return next;
    std::string body;
    core::BinaryWriter{body}.value(next->node);
    if (auto done = write_node(connection, *next, body); !done)
        return std::unexpected(done.error());
    if (auto done = write_version(connection, next->id, version_of(put, *next), body); !done)
        return std::unexpected(done.error());
    return next;
}

core::Result<std::vector<LibraryNodeVersion>> read_versions(Connection& connection,
                                                            const std::string& id) {
    const auto stored = require_node(connection, id);
    if (!stored) return std::unexpected(stored.error());
    auto statement = connection.cached(versions_sql);
    if (!statement) return std::unexpected(statement.error());
    const ResetAtExit reset{**statement};
    (*statement)->bind(1, stored->key);
    std::vector<LibraryNodeVersion> versions;
    int code = SQLITE_ROW;
    while ((code = (*statement)->step()) == SQLITE_ROW) {
        const Statement& row = **statement;
        core::BinaryReader body{row.blob(2)};
        versions.push_back({static_cast<std::uint32_t>(row.integer(0)),
                            static_cast<std::uint32_t>(row.integer(1)), body.value(),
                            std::string{row.text(3)}, std::string{row.text(4)},
                            texts_in(row.text(5)), core::Time{row.integer(6)}});
        if (!body.at_end()) return std::unexpected(cannot_read(connection, id));
    }
    if (code != SQLITE_DONE)
        return std::unexpected(connection.error("list versions of a node of the library"));
    return versions;
}

core::Result<> drop_node(Connection& connection, std::int64_t key) {
    for (const char* sql : {"DELETE FROM library_node_versions WHERE node = ?1",
                            "DELETE FROM library_nodes WHERE node = ?1"}) {
        auto statement = connection.prepare(sql);
        if (!statement) return std::unexpected(statement.error());
        if (!statement->bind(1, key).run())
            return std::unexpected(connection.error(*statement, "delete a node of the library"));
    }
    return {};
}

}  // namespace

core::Result<LibraryNodePage> SqliteNodeLibrary::list(const LibraryNodeFilter& filter,
                                                      std::size_t limit,
                                                      const std::string& cursor) {
    const auto start = list_start(limit, cursor, node_cursor, "library nodes");
    if (!start) return std::unexpected(start.error());
    constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
    const PagePlace from = start->value_or(PagePlace{highest, highest});
    return access_.readers().read([&](Connection& connection) -> core::Result<LibraryNodePage> {
        auto statement = connection.cached(nodes_sql);
        if (!statement) return std::unexpected(statement.error());
        const ResetAtExit reset{**statement};
        (*statement)->bind(1, from.first).bind(2, from.second);
        LibraryNodePage page;
        PagePlace last;
        int code = SQLITE_ROW;
        while ((code = (*statement)->step()) == SQLITE_ROW) {
            auto stored = node_in(**statement, connection);
            if (!stored) return std::unexpected(stored.error());
            if (!matches(filter, stored->node)) continue;
            if (page.items.size() == limit) {
                page.next_cursor = list_cursor(node_cursor, last);
                return page;
            }
            last = {stored->node.updated_at.ms, stored->key};
            page.items.push_back(std::move(stored->node));
        }
        if (code != SQLITE_DONE)
            return std::unexpected(connection.error("list nodes of the library"));
        return page;
    });
}

core::Result<LibraryNode> SqliteNodeLibrary::find(const std::string& id) {
    return access_.readers().read([&](Connection& connection) -> core::Result<LibraryNode> {
        auto stored = require_node(connection, id);
        if (!stored) return std::unexpected(stored.error());
        return std::move(stored->node);
    });
}

core::Result<std::vector<LibraryNode>> SqliteNodeLibrary::put(std::span<const LibraryNodePut> nodes,
                                                              core::Time now) {
    std::vector<LibraryNode> saved;
    const auto done =
        access_.write("save nodes of the library", [&](Connection& connection) -> core::Result<> {
            for (const LibraryNodePut& put : nodes) {
                auto node = put_node(connection, put, now);
                if (!node) return std::unexpected(node.error());
                saved.push_back(std::move(*node));
            }
            return {};
        });
    if (!done) return std::unexpected(done.error());
    return saved;
}

core::Result<> SqliteNodeLibrary::remove(const std::string& id) {
    return access_.write("delete a node of the library",
                         [&](Connection& connection) -> core::Result<> {
                             const auto stored = require_node(connection, id);
                             if (!stored) return std::unexpected(stored.error());
                             return drop_node(connection, stored->key);
                         });
}

core::Result<std::vector<LibraryNodeVersion>> SqliteNodeLibrary::versions(const std::string& id) {
    return access_.readers().read(
        [&](Connection& connection) { return read_versions(connection, id); });
}

}  // namespace millrace::store::sqlite
