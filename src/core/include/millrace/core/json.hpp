// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

/// Line and column count from 1; a column is a byte of the line.
struct TextPosition {
    std::size_t line = 1;
    std::size_t column = 1;
};
TextPosition position_at(std::string_view text, std::size_t offset);

enum class JsonErrc { syntax, limit };
std::string_view code_text(JsonErrc code);

struct JsonLimits {
    std::size_t depth_max = 100;
    std::size_t bytes_max = 16u << 20;
    bool duplicate_keys = true;  ///< false makes a repeated key an error
};

/// Small strict RFC 8259 reader without dependencies, for the pure rooms and for saying exactly
/// where a text is wrong. Large inputs go through the `format` room, which is several times faster
/// and accepts the same language. Errors carry `line:column`.
Result<Value> parse_json(std::string_view text, const JsonLimits& limits = {});

/// How numbers are spelled. `exact` differs for doubles without a fraction that would read back as
/// an integer, which is another value: `1e18` becomes `1000000000000000000.0`, -0 becomes `-0.0`.
enum class JsonNumbers : unsigned char { ecmascript, exact };

/// Compact JSON. Bytes are written as `{"$bytes": "<base64>"}`; NaN and infinities as null, -0 as
/// 0. Numbers are written as ECMAScript writes them, so a double from 2^53 up to 2^63 reads back
/// as the integer with the same digits, unless they are written exactly.
std::string to_json(const Value& value, JsonNumbers numbers = JsonNumbers::ecmascript);
/// The same with two spaces of indent and a space after colons.
std::string to_pretty_json(const Value& value, JsonNumbers numbers = JsonNumbers::ecmascript);
/// Appends compact JSON to `out`; for callers that reuse the buffer.
void append_json(std::string& out, const Value& value,
                 JsonNumbers numbers = JsonNumbers::ecmascript);
/// Appends `text` as a quoted JSON string.
void append_json_string(std::string& out, std::string_view text);

std::string base64(std::string_view bytes);
/// Strict RFC 4648 with padding.
Result<std::string> parse_base64(std::string_view text);

/// Replaces each `{"$bytes": "<base64>"}` in the tree by bytes; error on bad base64.
Result<Value> decode_bytes(const Value& value);

}  // namespace millrace::core
