// SPDX-License-Identifier: Apache-2.0
#include "workflows/change_lines.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "body.hpp"
#include "millrace/core/json.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using server::DocumentChange;
using Kind = DocumentChange::Kind;

constexpr std::size_t value_width_max = 60;

std::string short_value(const core::Value& value) {
    return clipped(one_line(core::to_json(value)), value_width_max);
}

std::vector<std::string> tokens_of(std::string_view pointer) {
    std::vector<std::string> tokens;
    for (std::size_t at = 1; at <= pointer.size() && !pointer.empty();) {
        const std::size_t end = std::min(pointer.find('/', at), pointer.size());
        std::string token;
        for (std::size_t i = at; i < end; ++i) {
            if (pointer[i] == '~' && i + 1 < end) {
                token += pointer[++i] == '1' ? '/' : '~';
            } else {
                token += pointer[i];
            }
        }
        tokens.push_back(std::move(token));
        at = end + 1;
    }
    return tokens;
}

/// `data.url`, `tags[0]`.
std::string dotted(std::span<const std::string> tokens) {
    std::string text;
    for (const std::string& token : tokens) {
        const bool is_index = !token.empty() && std::ranges::all_of(token, [](char c) {
            return c >= '0' && c <= '9';
        });
        if (is_index && !text.empty()) {
            text += "[" + token + "]";
        } else {
            text += (text.empty() ? "" : ".") + token;
        }
    }
    return one_line(text);
}

/// `out` and `in` go without saying.
std::string short_ends(std::string text) {
    const std::size_t arrow = text.find(" -> ");
    if (arrow == std::string::npos) return text;
    std::string from = text.substr(0, arrow);
    std::string to = text.substr(arrow + 4);
    if (from.ends_with(".out")) from.resize(from.size() - 4);
    if (to.ends_with(".in")) to.resize(to.size() - 3);
    return one_line(from + " -> " + to);
}

Line line_of(const DocumentChange& change, std::string_view arrow) {
    const std::vector<std::string> tokens = tokens_of(change.path);
    const bool is_node = tokens.size() >= 2 && tokens[0] == "nodes";
    const bool is_connection = tokens.size() >= 2 && tokens[0] == "connections";
    std::span<const std::string> rest{tokens};
    Line line;
    switch (change.kind) {
        case Kind::added: line.push_back({Tone::good, "+ "}); break;
        case Kind::removed: line.push_back({Tone::bad, "- "}); break;
        case Kind::changed: line.push_back({Tone::warn, "~ "}); break;
    }
    if (is_node || is_connection) {
        line.push_back({Tone::plain, is_node ? "node " : "connection "});
        line.push_back({Tone::strong, is_node ? one_line(tokens[1]) : short_ends(tokens[1])});
        rest = rest.subspan(2);
    }
    const core::Value& value = change.kind == Kind::removed ? change.before : change.after;
    if (rest.empty()) {
        const core::Value* const type = value.find("type");
        if (type != nullptr && type->is_string())
            line.push_back({Tone::dim, " (" + one_line(type->as_string()) + ")"});
        else if (is_connection && value.size() > 0)
            line.push_back({Tone::dim, " " + short_value(value)});
        return line;
    }
    line.push_back({Tone::plain, (is_node || is_connection ? ": " : "") + dotted(rest) + " "});
    if (change.kind == Kind::changed) {
        line.push_back({Tone::dim, short_value(change.before)});
        line.push_back({Tone::plain, std::string{arrow}});
    }
    line.push_back({Tone::plain, short_value(value)});
    return line;
}

}  // namespace

std::vector<server::DocumentChange> read_changes(const core::Value& body) {
    using Kind = server::DocumentChange::Kind;
    std::vector<server::DocumentChange> changes;
    for (const core::Value& item : array_at(body, "changes")) {
        const std::string kind = text_at(item, "change");
        server::DocumentChange& change = changes.emplace_back();
        change.kind = kind == "added"     ? Kind::added
                      : kind == "removed" ? Kind::removed
                                          : Kind::changed;
        change.path = text_at(item, "path");
        if (const core::Value* const before = item.find("before")) change.before = *before;
        if (const core::Value* const after = item.find("after")) change.after = *after;
    }
    return changes;
}

std::vector<Line> change_lines(const std::vector<DocumentChange>& changes, bool unicode) {
    std::vector<Line> lines;
    for (const DocumentChange& change : changes)
        lines.push_back(line_of(change, unicode ? " → " : " -> "));
    return lines;
}

}  // namespace millrace::cli
