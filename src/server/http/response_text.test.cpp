// SPDX-License-Identifier: Apache-2.0
#include "http/response_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/gzip.hpp"
#include "http/target.hpp"

namespace millrace::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string head_of(const Response& response, HeadContext context = {}) {
    std::string head;
    append_head(head, response, context);
    return head;
}

TEST(ResponseHead, SaysWhatBrowsersMustNotDo) {
    const std::string head = head_of({.body = "{}"}, {.date = "today", .length = 2});
    EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\nDate: today\r\nServer: Millrace\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Security-Policy: default-src 'none'"));
    EXPECT_THAT(head, EndsWith("\r\nContent-Length: 2\r\n\r\n"));
}

TEST(ResponseHead, LeavesToHandlersWhatIsTheirs) {
    Response response;
    response.headers.add("Cache-Control", "max-age=60");
    response.headers.add("Connection", "upgrade");
    response.headers.add("Content-Length", "7");
    const std::string head = head_of(response, {.length = 0});
    EXPECT_THAT(head, HasSubstr("\r\nCache-Control: max-age=60\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("no-store")));
    EXPECT_THAT(head, Not(HasSubstr("Connection")));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST(ResponseHead, LetsBrowsersKeepWhatTheyCanAskForAgain) {
    Response response;
    response.headers.add("ETag", "\"1-abc\"");
    const std::string head = head_of(response);
    EXPECT_THAT(head, HasSubstr("\r\nCache-Control: private, no-cache\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("no-store")));
}

TEST(ResponseHead, CannotBeSplitByAValue) {
    Response response;
    response.headers.add("Location", "/a\r\nSet-Cookie: x\r\n\r\n<html>");
    EXPECT_THAT(head_of(response), HasSubstr("Location: /a  Set-Cookie: x    <html>\r\n"));
}

TEST(ResponseHead, HasNoLengthWhereThereIsNoBody) {
    EXPECT_THAT(head_of({.status = 204}, {.length = 0}), Not(HasSubstr("Content-Length")));
    EXPECT_THAT(head_of({.status = 304}, {.length = 0}), Not(HasSubstr("Content-Length")));
}

TEST(ResponseHead, SaysOfAnEmptyFormThatNothingFollows) {
    const std::string head = head_of({.status = 205}, {.length = 3});
    EXPECT_THAT(head, StartsWith("HTTP/1.1 205 Reset Content\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST(ResponseHead, TellsWhetherTheConnectionStays) {
    EXPECT_THAT(head_of({}, {.goes_on = false}), HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(head_of({}, {.version = 10}), HasSubstr("\r\nConnection: keep-alive\r\n"));
}

TEST(HttpDate, IsInGmt) {
    EXPECT_EQ(http_date(*core::Time::parse("1994-11-06T08:49:37.500Z")),
              "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(core::Time{0}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(EventText, HasALineForEachLine) {
    std::string out;
    append_event(out, {.text = "{\"a\":1}", .cursor = "7", .event = ""});
    append_event(out, {.text = "a\nb\r\nc", .cursor = "", .event = "lagged"});
    EXPECT_EQ(out, "id: 7\ndata: {\"a\":1}\n\nevent: lagged\ndata: a\ndata: b\ndata: c\n\n");
}

TEST(EventText, KeepsACursorOnItsLine) {
    std::string out;
    append_event(out, {.text = "x", .cursor = "7\ndata: y", .event = ""});
    EXPECT_EQ(out, "id: 7\ndata: x\n\n");
}

TEST(Chunk, HasItsLengthBefore) {
    std::string out = "head";
    out.append(std::string(26, 'x'));
    make_chunk(out, 4);
    EXPECT_EQ(out, "head1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(RequestId, IsTakenWhenItIsOne) {
    EXPECT_EQ(usable_request_id("a-B_9.x"), "a-B_9.x");
    EXPECT_EQ(usable_request_id("a b"), "");
    EXPECT_EQ(usable_request_id(std::string(65, 'a')), "");
}

TEST(Gzip, IsForThoseWhoTakeIt) {
    for (const char* header : {"gzip", "deflate, GZIP;q=0.5", "*", "br;q=1, *;q=0.1"}) {
        EXPECT_TRUE(accepts_gzip(header)) << header;
    }
    for (const char* header : {"", "br", "gzip;q=0", "gzip; q=0.0, *", "*;q=0", "identity"}) {
        EXPECT_FALSE(accepts_gzip(header)) << header;
    }
    EXPECT_TRUE(is_compressible("application/problem+json"));
    EXPECT_FALSE(is_compressible("image/png"));
    const std::string small = gzip(std::string(10'000, 'a'));
    EXPECT_LT(small.size(), 200u);
    EXPECT_THAT(small, StartsWith("\x1f\x8b"));
    EXPECT_EQ(gzip(std::string(10'000, 'a')), small);
}

TEST(Target, KeepsEmptySegmentsAndNames) {
    Request request;
    ASSERT_TRUE(read_target("/a//b/?x&=y&&z=", request));
    EXPECT_EQ(request.segments, (std::vector<std::string>{"a", "", "b", ""}));
    EXPECT_EQ(request.path, "/a//b/");
    EXPECT_EQ(request.query.size(), 3u);
    Request root;
    ASSERT_TRUE(read_target("http://host?x=1", root));
    EXPECT_EQ(root.path, "/");
    EXPECT_TRUE(root.segments.empty());
    EXPECT_EQ(root.header("Host"), "host");
}

TEST(Target, IsLoggedWithoutWhatLetsItsReaderAnswer) {
    for (const char* path :
         {"/wait/abc", "/flows/wait/abc/d", "//wait/abc", "/wait//abc", "/WAIT/abc", "/wait%2Fabc",
          "/webhooks/~test/abc", "/flows/webhooks//~test/abc/orders/7"})
        EXPECT_THAT(std::string{path_for_logs(path)}, Not(HasSubstr("abc"))) << path;
    EXPECT_EQ(path_for_logs("/flows/wait/abc"), "/flows/wait/");
    for (const char* path :
         {"/", "/wait", "/wait/", "/api/v1/waits", "/api/v1/executions/7/waits/a",
          "/webhooks/waiting/room", "/webhooks/orders"})
        EXPECT_EQ(path_for_logs(path), path);
}

}  // namespace
}  // namespace millrace::server
