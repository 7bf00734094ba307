// SPDX-License-Identifier: Apache-2.0
#include "http/http_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::runtime {
namespace {

using testing::HasSubstr;

TEST(HttpUrl, GivesItsParts) {
    const auto url = HttpUrl::parse("HTTPS://Example.COM/a/b?key=secret#part");
    ASSERT_TRUE(url) << url.error();
    EXPECT_EQ(url->scheme(), "https");
    EXPECT_EQ(url->host(), "example.com");
    EXPECT_EQ(url->port(), 443);
    EXPECT_EQ(url->text(), "https://example.com/a/b?key=secret");
}

TEST(HttpUrl, ShowsNoQuery) {
    EXPECT_EQ(HttpUrl::parse("http://a:81/b?key=secret")->display(), "http://a:81/b");
}

TEST(HttpUrl, ReadsIpv6Hosts) {
    const auto url = HttpUrl::parse("http://[::1]:8080/");
    ASSERT_TRUE(url) << url.error();
    EXPECT_EQ(url->host(), "::1");
    EXPECT_EQ(url->port(), 8080);
    EXPECT_EQ(url->text(), "http://[::1]:8080/");
}

TEST(HttpUrl, WritesOddIpv4NotationsAsAddresses) {
    for (const char* text : {"http://0x7f000001/", "http://2130706433/", "http://017700000001/",
                             "http://127.1/", "http://0x7f.0.0.1/"}) {
        const auto url = HttpUrl::parse(text);
        ASSERT_TRUE(url) << text;
        EXPECT_EQ(url->host(), "127.0.0.1") << text;
    }
}

TEST(HttpUrl, EncodesWhatIsNotAscii) {
    EXPECT_EQ(HttpUrl::parse("http://a/ü")->text(), "http://a/%c3%bc");
}

struct BadUrl {
    const char* text;
    const char* message;
};
class BadUrls : public testing::TestWithParam<BadUrl> {};

TEST_P(BadUrls, AreRefusedWithTheReason) {
    const auto url = HttpUrl::parse(GetParam().text);
    ASSERT_FALSE(url);
    EXPECT_THAT(url.error(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    HttpUrl, BadUrls,
    testing::Values(BadUrl{"example.com/a", "http://"}, BadUrl{"ftp://a/", "only http://"},
                    BadUrl{"file:///etc/passwd", "only http://"},
                    BadUrl{"gopher://a/", "only http://"},
                    BadUrl{"http://user:pw@a/", "user name or password"},
                    BadUrl{"http://a:99999/", "port"}, BadUrl{"http://", "host"},
                    BadUrl{"http://a b/", "malformed"}, BadUrl{"http://a/\r\nx: y", "malformed"},
                    BadUrl{"http://bücher.example/", "xn--"}));

TEST(HttpUrl, ResolvesRelativeLocations) {
    const HttpUrl base = *HttpUrl::parse("http://a:81/x/y?q=1");
    EXPECT_EQ(base.resolve("z")->text(), "http://a:81/x/z");
    EXPECT_EQ(base.resolve("/z?r=2")->text(), "http://a:81/z?r=2");
    EXPECT_EQ(base.resolve("//b/z")->text(), "http://b/z");
    EXPECT_EQ(base.resolve("https://c/")->text(), "https://c/");
    EXPECT_EQ(base.resolve("/with space")->text(), "http://a:81/with%20space");
}

TEST(HttpUrl, DoesNotResolveToOtherSchemesOrCredentials) {
    const HttpUrl base = *HttpUrl::parse("http://a/");
    EXPECT_FALSE(base.resolve("file:///etc/passwd"));
    EXPECT_FALSE(base.resolve("http://user@b/"));
}

TEST(HttpUrl, OriginIsSchemeHostAndPort) {
    const HttpUrl base = *HttpUrl::parse("http://a/x");
    EXPECT_TRUE(base.same_origin(*HttpUrl::parse("http://A:80/y")));
    EXPECT_FALSE(base.same_origin(*HttpUrl::parse("https://a/x")));
    EXPECT_FALSE(base.same_origin(*HttpUrl::parse("http://a:81/x")));
    EXPECT_FALSE(base.same_origin(*HttpUrl::parse("http://b/x")));
}

}  // namespace
}  // namespace millrace::runtime
