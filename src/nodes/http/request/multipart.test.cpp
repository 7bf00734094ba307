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

TEST(Multipart, HasAPartForEachMember) {
    const auto made = make_multipart(json(R"({"a":1,"b":["x","y"],"n":null,
        "f":{"filename":"a.txt","content":"hi"}})"));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->content_type, "multipart/form-data; boundary=millrace-part-1");
    EXPECT_EQ(made->body,
              "--millrace-part-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
              "--millrace-part-1\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n"
              "--millrace-part-1\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\ny\r\n"
              "--millrace-part-1\r\nContent-Disposition: form-data; name=\"f\"; "
              "filename=\"a.txt\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhi\r\n"
              "--millrace-part-1--\r\n");
}

TEST(Multipart, FindsABoundaryThatNothingContains) {
    const auto made = make_multipart(json(R"({"a":"--millrace-part-1--"})"));
    EXPECT_THAT(made->content_type, HasSubstr("millrace-part-2"));
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
