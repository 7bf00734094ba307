// SPDX-License-Identifier: Apache-2.0
#include "files/file_form.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/core/json.hpp"

namespace millrace::runtime {
namespace {

using Form = engine::FileCall::Form;
using ::testing::HasSubstr;

core::Value json(std::string_view text) {
    return core::parse_json(text).value();
}

core::Value read(std::string_view contents, Form form) {
    const auto value = read_form(contents, form, "a.txt");
    return value ? *value : core::Value{value.error().code};
}

std::string written(std::string_view value, Form form) {
    const auto text = write_form(json(value), form);
    return text ? *text : text.error().code;
}

TEST(FileForm, ReadsTextWithoutAByteOrderMark) {
    EXPECT_EQ(read("\xef\xbb\xbfhi\n", Form::text), "hi\n");
    EXPECT_EQ(read("\xff", Form::text), "bad_text");
}

TEST(FileForm, ReadsLinesOfEitherKind) {
    EXPECT_EQ(read("a\r\nb\n\nc", Form::lines), json(R"(["a","b","","c"])"));
    EXPECT_EQ(read("a\n", Form::lines), json(R"(["a"])"));
    EXPECT_EQ(read("", Form::lines), json("[]"));
}

TEST(FileForm, ReadsJson) {
    EXPECT_EQ(read("{\"a\": 1}\n", Form::json), json(R"({"a":1})"));
    EXPECT_EQ(read("{", Form::json), "bad_json");
    EXPECT_EQ(read("1\n\n{\"a\":2}\n", Form::json_lines), json(R"([1,{"a":2}])"));
    EXPECT_THAT(read_form("1\n{", Form::json_lines, "a.txt").error().message,
                HasSubstr("a.txt: line 2"));
}

TEST(FileForm, ReadsBytesAsTheyAre) {
    EXPECT_EQ(read("\xff", Form::bytes).as_bytes().size(), 1u);
}

TEST(FileForm, WritesAutomaticallyByKind) {
    EXPECT_EQ(written(R"("as it is")", Form::automatic), "as it is");
    EXPECT_EQ(written(R"({"a":1})", Form::automatic), "{\"a\":1}\n");
}

TEST(FileForm, WritesWhatIsAskedFor) {
    EXPECT_EQ(written(R"("x")", Form::json), "\"x\"\n");
    EXPECT_EQ(written(R"(["a","b"])", Form::lines), "a\nb\n");
    EXPECT_EQ(written(R"([1,{"a":2}])", Form::json_lines), "1\n{\"a\":2}\n");
}

TEST(FileForm, RefusesWhatDoesNotFit) {
    EXPECT_EQ(written("{}", Form::text), "bad_contents");
    EXPECT_EQ(written("1", Form::bytes), "bad_contents");
    EXPECT_EQ(written("[1]", Form::lines), "bad_contents");
    EXPECT_EQ(written("[\"a\\nb\"]", Form::lines), "bad_contents");
    EXPECT_EQ(written("{}", Form::json_lines), "bad_contents");
}

TEST(FileForm, ReadsBackWhatItWrote) {
    for (const Form form : {Form::json, Form::json_lines}) {
        const core::Value value = json(R"([{"a":"\n"},[1.5,null],"ü"])");
        EXPECT_EQ(read(*write_form(value, form), form), value);
    }
}

}  // namespace
}  // namespace millrace::runtime
