// SPDX-License-Identifier: Apache-2.0
#include "access/host_name.hpp"

#include <gtest/gtest.h>

#include "millrace/server/listen_address.hpp"

namespace millrace::server {
namespace {

TEST(HostName, HasOneSpellingForEachHost) {
    EXPECT_EQ(parse_host("Example.COM.:80"), (HostName{"example.com", 80, false}));
    EXPECT_EQ(parse_host("[0:0::1]"), (HostName{"::1", std::nullopt, true}));
    EXPECT_EQ(parse_host("10.0.0.1:1"), (HostName{"10.0.0.1", 1, true}));
    EXPECT_EQ(parse_host("a:"), (HostName{"a", std::nullopt, false}));
    EXPECT_EQ(parse_host("[::1]:"), (HostName{"::1", std::nullopt, true}));
}

TEST(HostName, RefusesWhatIsNoHost) {
    for (const char* text : {"", ":", ":80", "a::", "a:b", "a:65536", "a:-1", "[::1", "[1.2.3.4]",
                             "::1", "a b", "a/b", "user@host", "h\xc3\xa9"}) {
        EXPECT_EQ(parse_host(text), std::nullopt) << text;
    }
}

TEST(HostName, TellsLoopbackFromWhatLooksLikeIt) {
    for (const char* text :
         {"localhost", "127.0.0.1", "127.1.2.3", "[::1]", "x.localhost", "[::ffff:127.0.0.1]"}) {
        EXPECT_TRUE(is_loopback(*parse_host(text))) << text;
    }
    for (const char* text : {"localhost.com", "128.0.0.1", "[::2]", "0.0.0.0", "xlocalhost"}) {
        EXPECT_FALSE(is_loopback(*parse_host(text))) << text;
    }
}

TEST(Origin, HasThePortOfItsScheme) {
    EXPECT_EQ(parse_origin("https://a")->port(), 443);
    EXPECT_EQ(parse_origin("http://a/path")->port(), 80);
    EXPECT_EQ(parse_origin("http://a:81")->port(), 81);
    EXPECT_FALSE(parse_origin("null"));
    EXPECT_FALSE(parse_origin("ws://a"));
}

TEST(ListenAddress, IsAHostAndAPort) {
    EXPECT_TRUE(parse_listen_address("localhost:0")->is_loopback);
    EXPECT_EQ(parse_listen_address("[::1]:8420")->host, "::1");
    EXPECT_FALSE(parse_listen_address("0.0.0.0:1")->is_loopback);
    EXPECT_EQ(parse_listen_address("*:8420")->host, "::");
    EXPECT_EQ(parse_listen_address(":8420")->host, "::");
    for (const char* text : {"", "8420", "localhost", "localhost:", "localhost:x", "a:99999",
                             "::1:8420", "[::1]", "[]:80", "a b:80"}) {
        EXPECT_FALSE(parse_listen_address(text)) << text;
    }
}

}  // namespace
}  // namespace millrace::server
