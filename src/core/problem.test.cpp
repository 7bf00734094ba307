// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/problem.hpp"

#include <gtest/gtest.h>

namespace millrace::core {
namespace {

TEST(Problem, HasStableCodes) {
    EXPECT_EQ(to_text(ProblemCode::syntax), "syntax");
    EXPECT_EQ(to_text(ProblemCode::incompatible_types), "incompatible_types");
    EXPECT_EQ(to_text(ProblemCode::bad_duration), "bad_duration");
    EXPECT_EQ(to_text(ProblemCode::limit), "limit");
}

TEST(Pointer, EscapesTokens) {
    EXPECT_EQ(pointer_child("", "nodes"), "/nodes");
    EXPECT_EQ(pointer_child("/nodes", std::size_t{3}), "/nodes/3");
    EXPECT_EQ(pointer_child("/a", "x/y~z"), "/a/x~1y~0z");
    EXPECT_EQ(pointer_child("", ""), "/");
}

TEST(Nearest, FindsTypingMistakes) {
    EXPECT_EQ(nearest("tiemout", {"deadline", "timeout"}), "timeout");
    EXPECT_EQ(nearest("timeot", {"deadline", "timeout"}), "timeout");
    EXPECT_EQ(nearest("timeoutt", {"deadline", "timeout"}), "timeout");
    EXPECT_EQ(nearest("http.reqest", {"http.request", "data.set"}), "http.request");
    EXPECT_EQ(nearest("on_eror", {"on_error", "on_interrupt"}), "on_error");
    EXPECT_EQ(nearest("ni", {"in", "out"}), "in");
}

TEST(Nearest, PrefersTheNearestAndThenTheEarliest) {
    EXPECT_EQ(nearest("data.sat", {"data.set", "data.sit"}), "data.set");
    EXPECT_EQ(nearest("workflows", {"workflws", "workflow", "workflows"}), "workflows");
}

TEST(Nearest, SuggestsNothingForStrangeWords) {
    EXPECT_EQ(nearest("banana", {"timeout", "deadline"}), "");
    EXPECT_EQ(nearest("a", {"b"}), "");
    EXPECT_EQ(nearest("", {"b"}), "");
    EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace millrace::core
