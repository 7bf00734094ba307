// SPDX-License-Identifier: Apache-2.0
#include "size_field.hpp"

#include <optional>
#include <string>

#include "field.hpp"

namespace millrace::nodes {

core::ByteSize size_field(FieldReader& reader, std::string_view key, core::ByteSize fallback,
                          core::ByteSize max) {
    const core::Value* const value = reader.find(key);
    if (value == nullptr) return fallback;
    if (value->is_string()) {
        const core::Result<core::ByteSize> size = core::parse_size(value->as_string());
        if (size && *size <= max) return *size;
    }
    reader.refuse(key, "a size such as 16MiB, at most " + core::to_text(max));
    return fallback;
}

void check_size(const core::Value& data, std::string_view key, core::ByteSize max,
                const std::string& pointer, core::Problems& problems) {
    const std::optional<std::string_view> text = fixed_text(data, key);
    if (!text) return;
    const core::Result<core::ByteSize> size = core::parse_size(*text);
    if (size && *size <= max) return;
    add_problem(problems, core::ProblemCode::bad_value, core::pointer_child(pointer, key),
                size ? std::string{key} + " can be " + core::to_text(max) + " at most"
                     : std::string{key} + ": " + size.error().message());
}

}  // namespace millrace::nodes
