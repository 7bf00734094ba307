// SPDX-License-Identifier: Apache-2.0
// Any text gives either problems with places or tests with names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "millrace/format/test_document.hpp"

namespace {

using namespace millrace::format;

void require(bool condition) {
    if (!condition) std::abort();
}

void check(const TestDocumentRead& read) {
    for (const millrace::core::Problem& problem : read.problems)
        require(!problem.message.empty() && problem.line > 0 && problem.column > 0);
    require(read.document.has_value() == read.problems.empty());
    if (!read.document) return;
    require(!read.document->tests.empty());
    for (const TestCase& test : read.document->tests) {
        require(!test.name.empty());
        for (const Mock& mock : test.setup.mocks)
            require(!mock.answers.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;  // long texts only slow the search down
    const std::string text{reinterpret_cast<const char*>(data), size};
    for (const Syntax syntax : {Syntax::yaml, Syntax::json})
        check(read_tests({"t", text, syntax}));
    return 0;
}
