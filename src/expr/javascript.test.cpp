// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "millrace/core/json.hpp"
#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

// JavaScript's name for what our code says.
std::string javascript_name(const std::string& result) {
    static const std::map<std::string, std::string> names{{"undefined_property", "TypeError"},
                                                          {"type_error", "TypeError"},
                                                          {"range_error", "RangeError"},
                                                          {"syntax_error", "SyntaxError"},
                                                          {"uri_error", "URIError"}};
    const auto name = names.find(result);
    return name == names.end() ? result : name->second;
}

void expect_recorded(const std::string& file_name) {
    std::ifstream file{MILLRACE_SOURCE_DIR "/src/expr/testing/" + file_name};
    const core::Value table = json(std::string{std::istreambuf_iterator<char>{file}, {}});
    const core::Value roots = core::Value::object({{"inputs", *table.find("inputs")}});
    for (const core::Value& row : table.find("results")->as_array()) {
        const std::string_view source = row.as_array()[0].as_string();
        EXPECT_EQ(javascript_name(result_of(source, roots)), row.as_array()[1].as_string())
            << source << "\n  " << message_of(source, roots);
    }
}

}  // namespace

TEST(JavaScript, EveryRecordedExpressionGivesWhatNodeGave) {
    expect_recorded("javascript_results.json");
}

TEST(JavaScript, EveryRecordedExpressionWithFunctionsGivesWhatNodeGave) {
    expect_recorded("function_results.json");
}

TEST(JavaScript, EveryRecordedCallGivesWhatNodeGave) {
    expect_recorded("builtin_results.json");
}

}  // namespace millrace::expr
