// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "compile_error.hpp"

namespace millrace::expr {

/// Longest source of one expression, in bytes.
inline constexpr std::size_t source_bytes_max = 64u << 10;

struct Token {
    enum class Kind : std::uint8_t {
        end,
        identifier,  ///< a name or keyword: `text`
        number,
        bigint,
        string,          ///< `text` is the cooked value, WTF-8
        template_start,  ///< a template literal's first chunk: `text` is its cooked value
        template_next,   ///< the chunk after a `}`
        punctuator,      ///< `text`
    };

    Kind kind = Kind::end;
    bool more = false;  ///< of a template chunk: an expression follows
    std::size_t begin = 0;
    std::size_t end = 0;
    double number = 0;
    std::int64_t integer = 0;
    std::string text;

    bool is(std::string_view punctuator) const {
        return kind == Kind::punctuator && text == punctuator;
    }
};

/// The tokens of one expression, the last of kind `end`. Its offset is that of the end of the
/// source, or, when `embedded`, of the `}` that no brace of the expression opened.
std::expected<std::vector<Token>, CompileError> lex(std::string_view source, std::size_t offset,
                                                    bool embedded);

}  // namespace millrace::expr
