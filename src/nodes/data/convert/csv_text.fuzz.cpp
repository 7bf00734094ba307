// SPDX-License-Identifier: Apache-2.0
// Any text is read as rows or refused with the line; rows that were read survive writing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "data/convert/csv.hpp"

namespace {

using namespace millrace;

constexpr std::size_t weight_max = 16u << 20;

void require(bool condition) {
    if (!condition) std::abort();
}

/// The first byte chooses the options, the rest is the text.
nodes::CsvOptions options_of(std::uint8_t choice) {
    nodes::CsvOptions options;
    if ((choice & 1) != 0) options.delimiter = ';';
    options.has_header = (choice & 2) == 0;
    options.typed = (choice & 4) == 0;
    options.trim = (choice & 8) != 0;
    options.fills_short_rows = (choice & 16) != 0;
    if ((choice & 32) != 0) options.columns = {"a", "b"};
    return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;  // long texts only slow the search down
    const nodes::CsvOptions options = options_of(data[0]);
    const std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
    const bool skips = (data[0] & 64) != 0;
    std::size_t told = 0;
    const nodes::RowErrors errors = [&](core::Failure failure, std::size_t) {
        ++told;
        require(failure.code == "bad_csv" && failure.details.find("line") != nullptr);
        return skips ? std::nullopt : std::optional{std::move(failure)};
    };
    const auto rows = nodes::read_csv(text, options, weight_max, errors);
    if (!rows) {
        require(!rows.error().message.empty());
        return 0;
    }
    require(skips || told == 0);
    nodes::CsvOptions plain;
    plain.has_header = false;
    plain.typed = false;
    const bool has_names = rows->size() > 0 && rows->as_array()[0].is_object();
    if (has_names) return 0;
    const auto written = nodes::write_csv(*rows, plain, weight_max);
    require(written.has_value());
    const auto again = nodes::read_csv(*written, plain, weight_max, errors);
    require(again.has_value() && again->size() == rows->size());
    const auto rewritten = nodes::write_csv(*again, plain, weight_max);
    require(rewritten.has_value() && *rewritten == *written);
    return 0;
}
