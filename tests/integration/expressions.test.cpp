// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "support/command.hpp"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;

class Expressions : public CommandTest {
protected:
    std::string workflow() const {
        return folder.file("made.workflow.yaml", R"yaml(millrace: 1
id: made
nodes:
  - { id: start, type: trigger.manual }
  - id: all
    type: data.map
    data: { expression: "({ item, id: $uuid(), other: $uuid() })" }
  - id: more
    type: data.set
    data:
      keep: none
      fields:
        first: "{{ $uuid() }}"
        over: "{{ input[0].over }}"
        second: "{{ $uuid() }} and {{ $uuid() }}"
        day: "{{ $date.format(inputs[0], 'EEE d MMM HH:mm', 'Europe/Berlin') }}"
        digest: "{{ $hash(JSON.stringify(inputs.map(x => x % 7))) }}"
connections:
  - start -> all
  - { from: all, to: more, transform: "value.map(x => ({ ...x, over: $uuid() }))" }
outputs: { all: "{{ nodes.all.out }}", more: "{{ nodes.more.out }}", own: "{{ $uuid() }}" }
)yaml");
    }
    Value outputs() const {
        const Finished finished =
            millrace({"run", workflow(), "--input", "[1769860800000, 1769860800001]"});
        EXPECT_EQ(finished.status, 0) << finished.err;
        return json(finished.out);
    }
};

TEST_F(Expressions, MakeAUuidOfItsOwnAtEachPlaceForEachItem) {
    const Value made = outputs();
    std::set<std::string> ids;
    for (const std::string_view path :
         {"all.0.id", "all.0.other", "all.1.id", "all.1.other", "more.first", "more.over", "own"}) {
        const Value id = at(made, path);
        ASSERT_TRUE(id.is_string()) << path;
        EXPECT_EQ(id.as_string().size(), 36u);
        EXPECT_TRUE(ids.emplace(id.as_string()).second) << path;
    }
    const std::string pair{at(made, "more.second").as_string()};
    EXPECT_NE(pair.substr(0, 36), pair.substr(41));
}

TEST_F(Expressions, MakeOtherUuidsInAnotherRun) {
    EXPECT_NE(at(outputs(), "own"), at(outputs(), "own"));
}

TEST_F(Expressions, KnowZonesAndDigests) {
    const Value made = outputs();
    EXPECT_EQ(at(made, "more.day"), "Sat 31 Jan 13:00");
    EXPECT_EQ(at(made, "more.digest").as_string().size(), 64u);
}

TEST_F(Expressions, DecideTheSameWhenTheyAreReplayed) {
    outputs();
    const Finished finished = millrace({"executions", "replay", executions().front()});
    EXPECT_EQ(finished.status, 0) << finished.out << finished.err;
}

TEST_F(Expressions, AreRefusedWhenTheyAreNotNative) {
    const std::string file = folder.file("refused.workflow.yaml", R"yaml(millrace: 1
id: refused
nodes:
  - { id: start, type: trigger.manual }
  - { id: made, type: data.set, data: { fields: { a: "{{ new Date() }}" } } }
connections: [start -> made]
)yaml");
    const Finished finished = millrace({"validate", file});
    EXPECT_NE(finished.status, 0);
    EXPECT_THAT(finished.out + finished.err, HasSubstr("`$date`"));
}

}  // namespace
}  // namespace millrace::testing
