// SPDX-License-Identifier: Apache-2.0
#include "documents/starter.hpp"

#include <algorithm>

#include "millrace/core/json.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t id_max = 63;

void put(std::string& text, std::string_view place, std::string_view value) {
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size()))
        text.replace(at, place.size(), value);
}

/// Text that YAML could take for something else goes into quotes.
std::string yaml_text(std::string_view text) {
    const bool is_plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
    });
    const bool has_edges = !text.empty() && (text.front() == ' ' || text.back() == ' ');
    // A word such as `true` or `null` would be no text.
    if (is_plain && !has_edges && text.find(' ') != std::string_view::npos)
        return std::string{text};
    std::string quoted;
    core::append_json_string(quoted, text);
    return quoted;
}

}  // namespace

const StarterTemplate* find_starter(std::string_view name) {
    const std::span<const StarterTemplate> all = starter_templates();
    const auto found = std::ranges::find(all, name, &StarterTemplate::name);
    return found == all.end() ? nullptr : &*found;
}

std::string workflow_id_from(std::string_view file_name) {
    std::string_view name = file_name.substr(file_name.find_last_of('/') + 1);
    name = name.substr(0, name.find('.'));
    std::string id;
    for (const char c : name) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool is_kept = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (is_kept) {
            id.push_back(lower);
        } else if (!id.empty() && id.back() != '-') {
            id.push_back('-');
        }
    }
    id.resize(std::min(id.size(), id_max));
    while (!id.empty() && id.back() == '-')
        id.pop_back();
    return id.empty() || id == "my" ? "my-workflow" : id;
}

bool is_workflow_id(std::string_view text) {
    if (text.empty() || text.size() > id_max || text.front() == '-') return false;
    return std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

std::string starter_document(const StarterTemplate& starter, std::string_view file_name,
                             std::string_view id, std::string_view name) {
    std::string text{starter.yaml};
    put(text, "@ID@", id);
    put(text, "@NAME@", yaml_text(name));
    if (format::syntax_of(file_name) != format::Syntax::json) return text;
    const format::DocumentRead read = format::read_document({"starter", text});
    return read.document ? format::write_json(*read.document) + "\n" : text;
}

}  // namespace millrace::cli
