// SPDX-License-Identifier: Apache-2.0
#include "tracing/trace_context.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace millrace::server {
namespace {

constexpr std::string_view trace = "0af7651916cd43dd8448eb211c80319c";
constexpr std::string_view span = "b7ad6b7169203331";
constexpr std::string_view valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, IsReadAsTheStandardSays) {
    const auto read = read_trace_context(valid, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->trace_id, trace);
    EXPECT_EQ(read->parent_span, span);
    EXPECT_EQ(read->state, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    EXPECT_TRUE(read->is_sampled);
}

TEST(TraceContext, KnowsOnlyTheLowestFlag) {
    EXPECT_FALSE(read_trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "")
                     ->is_sampled);
    EXPECT_TRUE(read_trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", "")
                    ->is_sampled);
    EXPECT_FALSE(read_trace_context("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe", "")
                     ->is_sampled);
}

TEST(TraceContext, TakesWhatALaterVersionAdds) {
    EXPECT_TRUE(read_trace_context(
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like",
        ""));
    EXPECT_TRUE(read_trace_context("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""));
    EXPECT_FALSE(
        read_trace_context("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what", ""));
}

TEST(TraceContext, RefusesWhatIsNoContext) {
    for (const std::string_view wrong :
         {"", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
          "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333z-01",
          "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
          "0.-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
        EXPECT_FALSE(read_trace_context(wrong, "")) << wrong;
    }
}

TEST(TraceContext, DropsAStateThatIsNotValidAndKeepsTheTrace) {
    for (const std::string_view wrong : {"a", "A=1", "a=1,a=2", "a=1=2", "a=", "@v=1", "a@=1"}) {
        const auto read = read_trace_context(valid, wrong);
        ASSERT_TRUE(read) << wrong;
        EXPECT_EQ(read->state, "") << wrong;
    }
    EXPECT_EQ(read_trace_context(valid, " a=1 , , 2t@sys=x y ,")->state, "a=1,2t@sys=x y");
}

TEST(TraceContext, PassesABoundedStateOn) {
    std::string long_state;
    for (char c = 'a'; c <= 'f'; ++c)
        long_state += std::string(1, c) + "=" + std::string(150, 'x') + ",";
    const auto read = read_trace_context(valid, long_state);
    EXPECT_EQ(read->state.size(), 3 * 152u + 2);
}

TEST(TraceContext, IsNoneWhenTwoAreSent) {
    Request request;
    request.headers.add("TraceParent", std::string{valid});
    EXPECT_TRUE(trace_of(request));
    request.headers.add("traceparent", std::string{valid});
    EXPECT_FALSE(trace_of(request));
}

TEST(TraceContext, JoinsStatesOfSeveralHeaders) {
    Request request;
    request.headers.add("traceparent", std::string{valid});
    request.headers.add("tracestate", "a=1");
    request.headers.add("tracestate", "b=2");
    EXPECT_EQ(trace_of(request)->state, "a=1,b=2");
}

std::string text_of(const engine::TraceContext& read) {
    return "00-" + read.trace_id + "-" + read.parent_span + (read.is_sampled ? "-01" : "-00");
}

RC_GTEST_PROP(TraceContextLaws, WhateverIsReadIsReadAgain, ()) {
    std::string text{valid};
    const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
    const auto read = read_trace_context(text, *rc::gen::arbitrary<std::string>());
    if (!read) return;
    const std::string written = text_of(*read);
    RC_ASSERT(written.substr(3, 50) == text.substr(3, 50));
    const auto again = read_trace_context(written, read->state);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->state == read->state);
    RC_ASSERT(again->is_sampled == read->is_sampled);
}

}  // namespace
}  // namespace millrace::server
