// SPDX-License-Identifier: Apache-2.0
#include "http/trace_headers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const engine::TraceContext trace{"0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "a=1",
                                 true};

TEST(TraceHeaders, NameTheTraceAndTheSpanThatCalls) {
    engine::HttpCall call;
    add_trace(call, trace);
    EXPECT_THAT(
        call.headers,
        ElementsAre(Pair("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                    Pair("tracestate", "a=1")));
}

TEST(TraceHeaders, SayThatATraceIsNotKept) {
    engine::TraceContext other = trace;
    other.is_sampled = false;
    other.state.clear();
    engine::HttpCall call;
    add_trace(call, other);
    EXPECT_THAT(call.headers,
                ElementsAre(Pair("traceparent",
                                 "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")));
}

TEST(TraceHeaders, LeaveWhatTheDocumentSaysAlone) {
    engine::HttpCall call;
    call.headers = {{"TraceParent", "mine"}};
    add_trace(call, trace);
    EXPECT_THAT(call.headers, ElementsAre(Pair("TraceParent", "mine")));
}

TEST(TraceHeaders, AreLeftOutWhereThereIsNoTrace) {
    engine::HttpCall call;
    add_trace(call, {});
    EXPECT_THAT(call.headers, IsEmpty());
}

}  // namespace
}  // namespace millrace::runtime
