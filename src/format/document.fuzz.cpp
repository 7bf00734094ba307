// SPDX-License-Identifier: Apache-2.0
// Any text gives either problems with places or a document that survives writing and reading.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "millrace/format/canonical.hpp"
#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"

namespace {

using namespace millrace::format;

void require(bool condition) {
    if (!condition) std::abort();
}

void check_problems(const DocumentRead& read) {
    require(!read.problems.empty());
    for (const millrace::core::Problem& problem : read.problems) {
        require(!problem.message.empty() && problem.line > 0 && problem.column > 0);
    }
}

void check_round_trip(const millrace::core::Document& document) {
    const DocumentRead again = read_document({"w", write_yaml(document), Syntax::yaml});
    require(again.document.has_value() && *again.document == document);
    require(document_hash(*again.document) == document_hash(document));
    require(read_document({"w", write_json(document), Syntax::json}).document.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;  // long texts only slow the search down
    const std::string text{reinterpret_cast<const char*>(data), size};
    for (const Syntax syntax : {Syntax::yaml, Syntax::json}) {
        const DocumentRead read = read_document({"w", text, syntax});
        if (read.document) {
            check_round_trip(*read.document);
        } else {
            check_problems(read);
        }
    }
    return 0;
}
