// SPDX-License-Identifier: Apache-2.0
#include "file/file_fields.hpp"

namespace millrace::nodes {

std::string path_field(FieldReader& reader, std::string_view fallback) {
    std::string path = reader.text("path", fallback);
    if (path.empty()) reader.refuse("path", "a path");
    return path;
}

engine::FileCall::Form form_field(FieldReader& reader, engine::FileCall::Form fallback) {
    using enum engine::FileCall::Form;
    constexpr Word<engine::FileCall::Form> reading[] = {{"text", text},
                                                        {"json", json},
                                                        {"json_lines", json_lines},
                                                        {"lines", lines},
                                                        {"bytes", bytes}};
    constexpr Word<engine::FileCall::Form> writing[] = {
        {"auto", automatic},        {"text", text},   {"json", json},
        {"json_lines", json_lines}, {"lines", lines}, {"bytes", bytes}};
    return fallback == automatic ? reader.word("as", writing, fallback)
                                 : reader.word("as", reading, fallback);
}

}  // namespace millrace::nodes
