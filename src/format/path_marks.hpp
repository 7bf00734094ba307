// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/json.hpp"

namespace millrace::format {

/// The paths whose places in a text somebody wants, as a tree. A reader that comes by fills in
/// where each key and value begins; what it does not meet stays empty.
struct PathMarks {
    std::optional<core::TextPosition> key;
    std::optional<core::TextPosition> value;
    std::map<std::string, PathMarks, std::less<>> children;

    /// Adds the path of an RFC 6901 pointer.
    void want(std::string_view pointer);
    /// The entry of a child, or null when nobody wants it.
    PathMarks* child(std::string_view token);
    PathMarks* child(std::size_t index);

    /// Where `pointer`, or its nearest ancestor that exists, begins: its key if `prefer_key`.
    core::TextPosition place(std::string_view pointer, bool prefer_key) const;
};

/// Takes the first token off a pointer that is not empty, unescaped.
std::string next_token(std::string_view& pointer);

}  // namespace millrace::format
