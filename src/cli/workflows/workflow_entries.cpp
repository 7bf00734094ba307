// SPDX-License-Identifier: Apache-2.0
#include "workflows/workflow_entries.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>

#include "documents/document_file.hpp"
#include "millrace/core/problem.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t searched_max = 1'000;

core::Value number_or_null(const std::optional<std::uint32_t>& number) {
    return number ? core::Value{*number} : core::Value{};
}

}  // namespace

std::string_view to_text(store::WorkflowOrigin origin) {
    switch (origin) {
        case store::WorkflowOrigin::run: return "run";
        case store::WorkflowOrigin::put: return "put";
        case store::WorkflowOrigin::file: return "file";
    }
    return "run";
}

core::Value entry_value(const store::WorkflowEntry& entry) {
    const std::vector<core::Value> tags{entry.tags.begin(), entry.tags.end()};
    return core::Value::object({{"id", entry.id},
                                {"name", entry.name},
                                {"folder", entry.folder},
                                {"tags", core::Value::array(tags)},
                                {"origin", to_text(entry.origin)},
                                {"head_version", entry.head},
                                {"head_hash", entry.head_hash},
                                {"active_version", number_or_null(entry.active)},
                                {"created_at", entry.created_at.text()},
                                {"updated_at", entry.updated_at.text()}});
}

core::Value version_value(const store::VersionEntry& version) {
    return core::Value::object({{"number", version.number},
                                {"hash", version.hash},
                                {"created_at", version.created_at.text()},
                                {"bytes", static_cast<std::int64_t>(version.bytes)},
                                {"is_head", version.is_head},
                                {"is_active", version.is_active}});
}

std::string entry_table(const Console& console, const std::vector<store::WorkflowEntry>& entries) {
    Table table{{"ID", "HEAD", "ACTIVE", "FROM", "UPDATED", "NAME"}};
    for (const store::WorkflowEntry& entry : entries) {
        const std::string active = entry.active ? fmt::format("v{}", *entry.active) : "-";
        table.add({{Tone::strong, one_line(entry.id)},
                   {Tone::plain, fmt::format("v{}", entry.head)},
                   {entry.active ? Tone::good : Tone::dim, active},
                   {Tone::dim, std::string{to_text(entry.origin)}},
                   {Tone::dim, date_text(console.local(entry.updated_at))},
                   {Tone::plain, one_line(entry.name)}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

std::string version_table(const Console& console,
                          const std::vector<store::VersionEntry>& versions) {
    Table table{{"VERSION", "SAVED", "SIZE", "HASH", "NOTES"}};
    for (const store::VersionEntry& version : versions) {
        std::string notes;
        if (version.is_head) notes = "head";
        if (version.is_active) notes += notes.empty() ? "active" : ", active";
        table.add({{Tone::strong, std::to_string(version.number)},
                   {Tone::dim, date_text(console.local(version.created_at))},
                   {Tone::plain, size_words(version.bytes)},
                   {Tone::dim, version.hash.substr(0, 12)},
                   {version.is_active ? Tone::good : Tone::plain, notes}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

core::Result<store::WorkflowEntry> find_entry(store::Library& library, const std::string& id) {
    auto entry = library.find(id);
    if (entry || !entry.error().is(store::StoreErrc::not_found)) return entry;
    std::vector<std::string> ids;
    if (const auto page = library.list({}, searched_max, {})) {
        for (const store::WorkflowEntry& other : page->items)
            ids.push_back(other.id);
    }
    const std::string near = core::nearest(id, {ids.begin(), ids.end()});
    return core::fail(FileErrc::bad_argument, "there is no workflow " + one_line(id) +
                                                  (near.empty() ? "; see millrace workflows list"
                                                                : "; did you mean " + near + "?"));
}

}  // namespace millrace::cli
