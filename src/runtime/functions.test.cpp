// SPDX-License-Identifier: Apache-2.0
#include "millrace/runtime/functions.hpp"

#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

Function give(int number) {
    return [number](const core::Value&, const FunctionContext&) {
        return std::expected<core::Value, core::Failure>{number};
    };
}

core::Value call(const Function& function) {
    const std::string node_id;
    const std::string key;
    return function({}, FunctionContext{{}, node_id, 1, key, {}}).value();
}

TEST(Functions, KeepAReplacedFunctionAliveForWhoCallsIt) {
    Functions functions;
    functions.add("f", give(1));
    const auto first = functions.find("f");
    functions.add("f", give(2));
    EXPECT_EQ(call(*first), core::Value{1});
    EXPECT_EQ(call(*functions.find("f")), core::Value{2});
}

TEST(Functions, FindNothingByAnUnknownName) {
    EXPECT_EQ(Functions{}.find("f"), nullptr);
}

}  // namespace
}  // namespace millrace::runtime
