// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/event.hpp"

#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::core {
namespace {

const ExecutionId execution = *ExecutionId::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

Event node_failed() {
    return {.seq = 7,
            .time = Time{1'000},
            .execution_id = execution,
            .workflow_id = "order-intake",
            .workflow_version = 3,
            .type = EventType::node_failed,
            .node_id = "charge",
            .path = "loop[3].charge",
            .attempt = 2,
            .data = Value::object({{"final", true}})};
}

TEST(Event, HasOneJsonForm) {
    EXPECT_EQ(to_json(node_failed().to_value()),
              R"({"v":1,"seq":7,"cursor":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f:7",)"
              R"("time":"1970-01-01T00:00:01.000Z",)"
              R"("execution_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f",)"
              R"("workflow_id":"order-intake","workflow_version":3,"type":"node.failed",)"
              R"("node_id":"charge","path":"loop[3].charge","attempt":2,"data":{"final":true}})");
}

TEST(Event, LeavesOutWhatAnExecutionEventHasNot) {
    const Event event{.seq = 1, .execution_id = execution, .type = EventType::execution_created};
    const Value value = event.to_value();
    for (const char* key : {"node_id", "path", "attempt", "data"}) {
        EXPECT_EQ(value.find(key), nullptr) << key;
    }
    EXPECT_EQ(Event::from_value(value), event);
}

TEST(Event, ReadsBackItsJsonForm) {
    EXPECT_EQ(Event::from_value(node_failed().to_value()), node_failed());
}

TEST(Event, SaysWhichFieldIsWrong) {
    const auto error_with = [](const char* key, Value wrong) {
        const Value event = node_failed().to_value();
        std::vector<Member> members(event.as_object().begin(), event.as_object().end());
        members.push_back({key, std::move(wrong)});
        const Result<Event> read = Event::from_value(Value::object(std::move(members)));
        return read ? "no error" : read.error().message();
    };
    EXPECT_EQ(error_with("v", 2), "'v' must be 1");
    EXPECT_EQ(error_with("time", "noon"), "'time' is no RFC 3339 time");
    EXPECT_EQ(error_with("execution_id", "x"), "'execution_id' is no UUID");
    EXPECT_EQ(error_with("type", "odd"), "'type' has the unknown value 'odd'");
    EXPECT_EQ(error_with("seq", "7"), "'seq' must be an integer, not string");
    EXPECT_EQ(Event::from_value(Value{}).error().message(), "an event must be an object, not null");
}

TEST(EventType, ReadsBackItsText) {
    for (int i = 0; i <= static_cast<int>(EventType::node_event); ++i) {
        const auto type = static_cast<EventType>(i);
        EXPECT_EQ(parse_event_type(to_text(type)), type);
    }
    EXPECT_EQ(parse_event_type("execution"), std::nullopt);
}

TEST(EventCursor, IsReadBack) {
    EXPECT_EQ(EventCursor::parse(node_failed().cursor()), (EventCursor{execution, 7}));
    for (const char* text :
         {"", "7", "x:7", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f:",
          "017f22e2-79b0-7cc3-98c4-dc0c0c07398f:-1", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f:7x"}) {
        EXPECT_EQ(EventCursor::parse(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace millrace::core
