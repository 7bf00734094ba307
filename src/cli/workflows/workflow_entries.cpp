// SPDX-License-Identifier: Apache-2.0
#include "workflows/workflow_entries.hpp"

#include <fmt/format.h>

#include <limits>

#include "documents/document_file.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/server/workflow_values.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t searched_max = 1'000;

}  // namespace

std::string entry_table(const Console& console, const std::vector<store::WorkflowEntry>& entries) {
    Table table{{"ID", "HEAD", "ACTIVE", "FROM", "UPDATED", "NAME"}};
    for (const store::WorkflowEntry& entry : entries) {
        const std::string active = entry.active ? fmt::format("v{}", *entry.active) : "-";
        table.add({{Tone::strong, one_line(entry.id)},
                   {Tone::plain, fmt::format("v{}", entry.head)},
                   {entry.active ? Tone::good : Tone::dim, active},
                   {Tone::dim, std::string{server::to_text(entry.origin)}},
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
