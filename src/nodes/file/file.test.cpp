// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using Action = engine::FileCall::Action;
using Form = engine::FileCall::Form;
using ::testing::ElementsAre;
using testing::json;
using testing::NodeRun;
using testing::problems_of;

engine::FileCall call_of(const Behaviour& behaviour, std::string_view data) {
    const auto outcome = NodeRun{json(data)}.start(behaviour);
    const auto* const request = std::get_if<engine::EffectRequest>(&outcome);
    EXPECT_NE(request, nullptr) << testing::failure_of(outcome).message;
    return request == nullptr ? engine::FileCall{} : std::get<engine::FileCall>(*request);
}

std::string code_of(const Behaviour& behaviour, std::string_view data) {
    return testing::failure_of(NodeRun{json(data)}.start(behaviour)).code;
}

TEST(FileRead, ReadsTextUnlessToldOtherwise) {
    const auto call = call_of(file_read(), R"({"path":"a.txt"})");
    EXPECT_EQ(call.action, Action::read);
    EXPECT_EQ(call.form, Form::text);
    EXPECT_EQ(call.max_size.bytes, 64u << 20);
    EXPECT_EQ(call_of(file_read(), R"({"path":"a","as":"json_lines"})").form, Form::json_lines);
}

TEST(FileRead, RefusesOtherData) {
    EXPECT_EQ(code_of(file_read(), "{}"), "bad_field");
    EXPECT_EQ(code_of(file_read(), R"({"path":"a","as":"auto"})"), "bad_field");
    EXPECT_EQ(code_of(file_read(), R"({"path":"a","max_size":"2GiB"})"), "bad_field");
    EXPECT_THAT(problems_of(file_read(), R"({"path":"a","max_size":"2"})"),
                ElementsAre("bad_value /data/max_size"));
}

TEST(FileWrite, HasThreeModes) {
    const auto call = call_of(file_write(), R"({"path":"a.txt","contents":{"a":1}})");
    EXPECT_EQ(call.action, Action::write);
    EXPECT_EQ(call.form, Form::automatic);
    EXPECT_TRUE(call.overwrite);
    EXPECT_EQ(call.contents, json(R"({"a":1})"));
    EXPECT_FALSE(call_of(file_write(), R"({"path":"a","contents":1,"mode":"create"})").overwrite);
    EXPECT_EQ(call_of(file_write(), R"({"path":"a","contents":1,"mode":"append"})").action,
              Action::append);
}

TEST(FileWrite, NeedsContents) {
    EXPECT_EQ(code_of(file_write(), R"({"path":"a"})"), "bad_field");
    EXPECT_EQ(call_of(file_write(), R"({"path":"a","contents":null})").contents, core::Value{});
}

TEST(FileList, ListsTheFirstAllowedFolder) {
    const auto call = call_of(file_list(), "{}");
    EXPECT_EQ(call.action, Action::list);
    EXPECT_EQ(call.path, ".");
    EXPECT_EQ(call.max_entries, 10'000u);
}

TEST(FileList, PatternsAreAboutNames) {
    EXPECT_EQ(code_of(file_list(), R"({"pattern":"a/*.csv"})"), "bad_field");
    EXPECT_THAT(problems_of(file_list(), R"({"pattern":"a/*.csv"})"),
                ElementsAre("bad_value /data/pattern"));
}

TEST(FileDelete, NamesTheFile) {
    EXPECT_EQ(call_of(file_delete(), R"({"path":"a"})").action, Action::remove);
    EXPECT_EQ(code_of(file_delete(), R"({"path":1})"), "bad_field");
}

}  // namespace
}  // namespace millrace::nodes
