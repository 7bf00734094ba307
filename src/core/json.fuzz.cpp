// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader accepts or refuses them, and what it accepts survives writing.
#include <cstddef>
#include <cstdint>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"

using namespace millrace::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const Result<Value> value = parse_json(text);
    if (!value) {
        MR_CHECK(is_valid_utf8(value.error().message()));
        return 0;
    }
    const Result<Value> again = parse_json(to_json(*value));
    MR_CHECK(again.has_value());
    MR_CHECK(*again == *value);
    MR_CHECK(again->hash() == value->hash());
    // Indent can make the text larger than the limit, and only that.
    const Result<Value> pretty = parse_json(to_pretty_json(*value), {.bytes_max = ~std::size_t{0}});
    MR_CHECK(pretty.has_value() && *pretty == *value);
    const Result<Value> decoded = decode_bytes(*value);
    MR_CHECK(!decoded || decode_bytes(*parse_json(to_json(*decoded))) == decoded);
    return 0;
}
