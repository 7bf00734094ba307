// SPDX-License-Identifier: Apache-2.0
#include "path_marks.hpp"

namespace millrace::format {

std::string next_token(std::string_view& pointer) {
    pointer.remove_prefix(1);  // the slash
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string token;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '~' && i + 1 < raw.size()) {
            token += raw[++i] == '1' ? '/' : '~';
        } else {
            token += raw[i];
        }
    }
    return token;
}

void PathMarks::want(std::string_view pointer) {
    PathMarks* at = this;
    while (!pointer.empty())
        at = &at->children[next_token(pointer)];
}

PathMarks* PathMarks::child(std::string_view token) {
    const auto found = children.find(token);
    return found == children.end() ? nullptr : &found->second;
}

PathMarks* PathMarks::child(std::size_t index) {
    // Most arrays are not on any wanted path; for them no text is made of the index.
    return children.empty() ? nullptr : child(std::string_view{std::to_string(index)});
}

core::TextPosition PathMarks::place(std::string_view pointer, bool prefer_key) const {
    const PathMarks* at = this;
    core::TextPosition place = value.value_or(core::TextPosition{});
    while (!pointer.empty()) {
        const auto found = at->children.find(next_token(pointer));
        if (found == at->children.end() || !found->second.value) return place;
        at = &found->second;
        place = pointer.empty() && prefer_key && at->key ? *at->key : *at->value;
    }
    return place;
}

}  // namespace millrace::format
