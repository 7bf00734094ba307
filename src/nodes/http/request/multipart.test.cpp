// SPDX-License-Identifier: Apache-2.0
#include "http/request/multipart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/request/http_call.hpp"
#include "testing/node_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;

std::string boundary_of(const Multipart& made) {
    return made.content_type.substr(made.content_type.find('=') + 1);
}

TEST(Multipart, HasAPartForEachMember) {
    const auto made = make_multipart(json(R"({"a":1,"b":["x","y"],"n":null,
        "f":{"filename":"a.txt","content":"hi"}})"));
    ASSERT_TRUE(made);
    const std::string boundary = boundary_of(*made);
    EXPECT_EQ(boundary.size(), 46u);
    const std::string line = "--" + boundary + "\r\nContent-Disposition: form-data; name=";
    EXPECT_EQ(made->body, line + "\"a\"\r\n\r\n1\r\n" + line + "\"b\"\r\n\r\nx\r\n" + line +
                              "\"b\"\r\n\r\ny\r\n" + line +
                              "\"f\"; filename=\"a.txt\"\r\nContent-Type: text/plain; "
                              "charset=utf-8\r\n\r\nhi\r\n--" +
                              boundary + "--\r\n");
}

TEST(Multipart, TakesItsBoundaryFromTheContents) {
    const auto made = make_multipart(json(R"({"a":"1"})"));
    EXPECT_EQ(made->body, make_multipart(json(R"({"a":"1"})"))->body) << "the same each time";
    const std::string boundary = boundary_of(*made);
    const auto other = make_multipart(core::Value::object({{"a", "--" + boundary + "--"}}));
    EXPECT_NE(boundary_of(*other), boundary);
}

TEST(Multipart, KeepsNamesFromEndingTheirHeader) {
    const auto made = make_multipart(json(R"({"a\"\r\nx":"1"})"));
    EXPECT_THAT(made->body, HasSubstr("name=\"a%22%0D%0Ax\""));
}

TEST(Multipart, RefusesWhatIsNoPart) {
    EXPECT_FALSE(make_multipart(json(R"({"a":{"content":"x"}})")));
    EXPECT_FALSE(make_multipart(json(R"({"a":[["x"]]})")));
    EXPECT_FALSE(
        make_multipart(json(R"({"a":{"filename":"f","content":"x","content_type":"a\r\nb: c"}})")));
    EXPECT_FALSE(make_multipart(json("[]")));
}

TEST(Multipart, IsWhatBodyTypeAsksFor) {
    const auto call = make_call(
        json(R"({"method":"POST","url":"http://a/","body_type":"multipart","body":{"a":1}})"));
    ASSERT_TRUE(call);
    EXPECT_THAT(call->headers.back().second, HasSubstr("multipart/form-data"));
    EXPECT_FALSE(make_call(json(R"({"url":"http://a/","body_type":"multipart","body":{"a":1},
        "headers":{"content-type":"x"}})")));
}

TEST(BodyType, SendsFormsAndJson) {
    const auto form =
        make_call(json(R"({"url":"http://a/","body_type":"form","body":{"a":1,"b":"x y"}})"));
    EXPECT_EQ(form->body, "a=1&b=x%20y");
    EXPECT_EQ(form->headers.back().second, "application/x-www-form-urlencoded");
    EXPECT_EQ(make_call(json(R"({"url":"http://a/","body_type":"json","body":"x"})"))->body,
              "\"x\"");
    EXPECT_EQ(make_call(json(R"({"url":"http://a/","body_type":"xml"})")).error().code,
              "bad_body_type");
    EXPECT_EQ(make_call(json(R"({"url":"http://a/","body_type":"form","body":[1]})")).error().code,
              "bad_body");
}

}  // namespace
}  // namespace millrace::nodes
