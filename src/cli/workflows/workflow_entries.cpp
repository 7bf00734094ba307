// SPDX-License-Identifier: Apache-2.0
#include "workflows/workflow_entries.hpp"

#include <fmt/format.h>

#include <limits>

#include "body.hpp"
#include "documents/document_file.hpp"
#include "listing.hpp"
#include "millrace/core/problem.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t searched_max = 1'000;

}  // namespace

std::string entry_table(const Console& console, const core::Value& body) {
    Table table{{"ID", "HEAD", "ACTIVE", "FROM", "UPDATED", "NAME"}};
    for (const core::Value& entry : items_of(body)) {
        const auto active = number_at(entry, "active_version");
        table.add({{Tone::strong, one_line(text_at(entry, "id"))},
                   {Tone::plain, fmt::format("v{}", number_at(entry, "head_version").value_or(0))},
                   {active ? Tone::good : Tone::dim, active ? fmt::format("v{}", *active) : "-"},
                   {Tone::dim, one_line(text_at(entry, "origin"))},
                   {Tone::dim, date_at(console, entry, "updated_at")},
                   {Tone::plain, one_line(text_at(entry, "name"))}});
    }
    return table.text(std::numeric_limits<std::size_t>::max(), console.paints_out());
}

std::string version_table(const Console& console, const core::Value& body) {
    Table table{{"VERSION", "SAVED", "SIZE", "HASH", "NOTES"}};
    for (const core::Value& version : items_of(body)) {
        const bool is_active = flag_at(version, "is_active");
        std::string notes;
        if (flag_at(version, "is_head")) notes = "head";
        if (is_active) notes += notes.empty() ? "active" : ", active";
        table.add({{Tone::strong, std::to_string(number_at(version, "number").value_or(0))},
                   {Tone::dim, date_at(console, version, "created_at")},
                   {Tone::plain, size_words(static_cast<std::uint64_t>(
                                     number_at(version, "bytes").value_or(0)))},
                   {Tone::dim, one_line(text_at(version, "hash")).substr(0, 12)},
                   {is_active ? Tone::good : Tone::plain, notes}});
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
