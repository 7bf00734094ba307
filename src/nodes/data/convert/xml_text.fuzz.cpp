// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as a value or refused with a reason; what was read can be judged for writing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "data/convert/xml.hpp"
#include "millrace/core/json.hpp"

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace millrace;
    if (size == 0 || size > 4096) return 0;  // long texts only slow the search down
    const std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
    nodes::XmlOptions options;
    options.typed = (data[0] & 1) != 0;
    if ((data[0] & 2) != 0) options.lists = {"a", "b"};
    const auto read = nodes::read_xml(text, (data[0] & 4) == 0, options);
    if (!read) {
        require(!read.error().message.empty());
        return 0;
    }
    require(read->is_object() && read->size() == 1);
    const auto written = nodes::write_xml(*read, nodes::XmlOptions{});
    if (!written) {
        require(!written.error().message.empty());
        return 0;
    }
    // Names and texts that could be written are read back: the root at least has its name.
    const auto again = nodes::read_xml(*written, true, nodes::XmlOptions{});
    require(again.has_value());
    require(again->as_object()[0].key == read->as_object()[0].key);
    return 0;
}
