// SPDX-License-Identifier: Apache-2.0
#include "access/proxies.hpp"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

TrustedProxies proxies(std::vector<std::string> ranges) {
    auto made = TrustedProxies::make(ranges);
    EXPECT_TRUE(made.has_value());
    return made.value_or(TrustedProxies{});
}

Forwarded read(std::vector<std::pair<std::string, std::string>> headers,
               std::string_view peer = "10.0.0.7") {
    Request request;
    for (auto& [name, value] : headers)
        request.headers.add(name, value);
    return proxies({"10.0.0.0/8", "::1", "2001:db8::/33"}).read(request, peer);
}

TEST(TrustedProxies, AreAddressesAndRanges) {
    const TrustedProxies some = proxies({"10.0.0.0/9", "192.0.2.1", "2001:db8::/33", "::1"});
    for (const char* in :
         {"10.0.0.1", "10.127.255.255", "192.0.2.1", "2001:db8:7fff::1", "::1", "::ffff:192.0.2.1"})
        EXPECT_TRUE(some.trusts(in)) << in;
    for (const char* out : {"10.128.0.0", "192.0.2.2", "2001:db8:8000::1", "::2", "", "x"})
        EXPECT_FALSE(some.trusts(out)) << out;
    EXPECT_FALSE(TrustedProxies{}.trusts("127.0.0.1"));
    EXPECT_TRUE(proxies({"0.0.0.0/0"}).trusts("203.0.113.9"));
    EXPECT_FALSE(proxies({"0.0.0.0/0"}).trusts("2001:db8::1"));
}

TEST(TrustedProxies, MustBeReadable) {
    for (const char* bad : {"", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::/129",
                            // All of these bits and those of IPv6 before them overflow.
                            "10.0.0.0/4294967295", "10.0.0.0/4294967200", "10.0.0.0/-1",
                            "::/4294967295", "10.0.0.0/99999999999"}) {
        const std::vector<std::string> ranges{bad};
        EXPECT_FALSE(TrustedProxies::make(ranges).has_value()) << bad;
    }
}

TEST(TrustedProxies, AreTheOnlyOnesToBeBelieved) {
    const std::vector<std::pair<std::string, std::string>> headers{
        {"X-Forwarded-For", "203.0.113.9"},
        {"X-Forwarded-Proto", "https"},
        {"X-Forwarded-Host", "flows.example.com"}};
    const Forwarded believed = read(headers);
    EXPECT_EQ(believed.client, "203.0.113.9");
    EXPECT_EQ(believed.host, "flows.example.com");
    EXPECT_EQ(believed.is_secure, true);
    const Forwarded ignored = read(headers, "203.0.113.1");
    EXPECT_EQ(ignored.client, "");
    EXPECT_EQ(ignored.host, "");
    EXPECT_FALSE(ignored.is_secure.has_value());
}

TEST(TrustedProxies, TellTheNearestAddressThatIsNotTheirOwn) {
    EXPECT_EQ(read({{"X-Forwarded-For", "1.2.3.4, 203.0.113.9, 10.1.1.1"}}).client, "203.0.113.9");
    EXPECT_EQ(read({{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "203.0.113.9"}}).client,
              "203.0.113.9");
    EXPECT_EQ(read({{"X-Forwarded-For", "10.2.2.2, 10.1.1.1"}}).client, "10.2.2.2");
    EXPECT_EQ(read({{"X-Forwarded-For", "nobody, 10.1.1.1"}}).client, "10.1.1.1");
    EXPECT_EQ(read({{"X-Forwarded-For", "[2001:db9::5]:4711"}}).client, "2001:db9::5");
    EXPECT_EQ(read({{"X-Forwarded-For", "203.0.113.9:4711"}}).client, "203.0.113.9");
}

TEST(TrustedProxies, SpeakTheStandardToo) {
    const Forwarded told =
        read({{"Forwarded", "for=1.2.3.4, for=\"[2001:db9::5]:80\";proto=https;host=\"a.de\""}});
    EXPECT_EQ(told.client, "2001:db9::5");
    EXPECT_EQ(told.host, "a.de");
    EXPECT_EQ(told.is_secure, true);
}

TEST(TrustedProxies, AreNotBelievedInTwoWays) {
    const Forwarded told = read(
        {{"Forwarded", "for=1.2.3.4;host=evil.example.com"}, {"X-Forwarded-For", "203.0.113.9"}});
    EXPECT_EQ(told.client, "");
    EXPECT_EQ(told.host, "");
}

}  // namespace
}  // namespace millrace::server
