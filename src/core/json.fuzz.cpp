// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader accepts or refuses them, and what it accepts survives writing.
#include <cstddef>
#include <cstdint>

#include "millrace/core/check.hpp"
#include "millrace/core/json.hpp"
#include "millrace/core/utf8.hpp"

using namespace millrace::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // What is written may be longer than what was read: by escapes, digits and indent.
    const JsonLimits roomy{.bytes_max = ~std::size_t{0}};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const Result<Value> value = parse_json(text);
    if (!value) {
        MR_CHECK(is_valid_utf8(value.error().message()));
        return 0;
    }
    // A double from 2^53 to 2^63 is written like an integer and reads back as one; after that
    // nothing changes any more.
    const Result<Value> once = parse_json(to_json(*value), roomy);
    MR_CHECK(once.has_value());
    MR_CHECK(to_json(*once) == to_json(*value));
    const Result<Value> again = parse_json(to_json(*once), roomy);
    MR_CHECK(again.has_value() && *again == *once);
    MR_CHECK(again->hash() == once->hash());
    const Result<Value> pretty = parse_json(to_pretty_json(*once), roomy);
    MR_CHECK(pretty.has_value() && *pretty == *once);
    const Result<Value> decoded = decode_bytes(*once);
    if (decoded) MR_CHECK(*decode_bytes(*parse_json(to_json(*decoded), roomy)) == *decoded);
    return 0;
}
