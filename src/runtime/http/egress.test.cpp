// SPDX-License-Identifier: Apache-2.0
#include "http/egress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>

#include <cstring>

namespace millrace::runtime {
namespace {

using testing::HasSubstr;

EgressPolicy policy(EgressRules rules) {
    return *EgressPolicy::make(rules);
}

IpAddress ip(std::string_view text) {
    return *IpAddress::parse(text);
}

bool denied(const EgressPolicy& policy, std::string_view address,
            std::string_view host = "example.com") {
    return policy.address_denial(host, ip(address)).has_value();
}

class DeniedByDefault : public testing::TestWithParam<const char*> {};

TEST_P(DeniedByDefault, Address) {
    EXPECT_TRUE(denied(EgressPolicy{}, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Egress, DeniedByDefault,
                         testing::Values("169.254.169.254", "169.254.0.1", "100.100.100.200",
                                         "168.63.129.16", "192.0.0.192", "0.0.0.0", "0.1.2.3",
                                         "224.0.0.1", "239.255.255.255", "255.255.255.255",
                                         "240.0.0.1", "::", "fe80::1", "febf::1", "ff02::1",
                                         "fd00:ec2::254", "fd20:ce::254", "fec0::1"));

class DeniedInDisguise : public testing::TestWithParam<const char*> {};

TEST_P(DeniedInDisguise, MetadataAddress) {
    EXPECT_TRUE(denied(EgressPolicy{}, GetParam()));
}

// 169.254.169.254 is a9fe:a9fe.
INSTANTIATE_TEST_SUITE_P(Egress, DeniedInDisguise,
                         testing::Values("::ffff:169.254.169.254",      // mapped
                                         "::169.254.169.254",           // compatible
                                         "64:ff9b::a9fe:a9fe",          // NAT64
                                         "64:ff9b:1::a9fe:a9fe",        // NAT64, local prefix /96
                                         "64:ff9b:1:a9fe:a9:fe00::",    // the same as /48
                                         "2002:a9fe:a9fe::1",           // 6to4
                                         "2001:0:1:2:3:4:5601:5601",    // Teredo
                                         "2001:db8::5efe:a9fe:a9fe"));  // ISATAP

class AllowedByDefault : public testing::TestWithParam<const char*> {};

TEST_P(AllowedByDefault, Address) {
    EXPECT_FALSE(denied(EgressPolicy{}, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Egress, AllowedByDefault,
                         testing::Values("127.0.0.1", "::1", "10.0.0.1", "192.168.1.1",
                                         "172.16.0.1", "8.8.8.8", "fd00::1", "2606:4700::1111",
                                         "169.253.255.255", "169.255.0.0", "2002:808:808::1",
                                         "::ffff:127.0.0.1"));

TEST(Egress, DeniesMetadataHostsBeforeTheyAreResolved) {
    const EgressPolicy standard;
    EXPECT_TRUE(standard.host_denial("metadata.google.internal"));
    EXPECT_TRUE(standard.host_denial("Metadata.Google.Internal."));
    EXPECT_FALSE(standard.host_denial("example.com"));
}

TEST(Egress, DenyRuleWinsOverAllowRule) {
    const EgressPolicy both = policy({.allow = {"10.0.0.0/8"}, .deny = {"10.1.0.0/16"}});
    EXPECT_TRUE(denied(both, "10.1.2.3"));
    EXPECT_FALSE(denied(both, "10.2.2.3"));
}

TEST(Egress, AddressRuleOpensWhatIsDeniedByDefault) {
    const EgressPolicy opened = policy({.allow = {"169.254.10.0/24"}});
    EXPECT_FALSE(denied(opened, "169.254.10.7"));
    EXPECT_FALSE(denied(opened, "::ffff:169.254.10.7"));
    EXPECT_TRUE(denied(opened, "169.254.169.254"));
}

TEST(Egress, HostRuleDoesNotOpenAnAddressDeniedByDefault) {
    const EgressPolicy named = policy({.allow = {"*.example.com"}});
    EXPECT_TRUE(denied(named, "169.254.169.254", "rebound.example.com"));
}

TEST(Egress, RangeRuleCoversIpv6FormsOfItsAddresses) {
    const EgressPolicy local = policy({.deny = {"127.0.0.0/8", "::1"}});
    EXPECT_TRUE(denied(local, "127.0.0.1"));
    EXPECT_TRUE(denied(local, "::1"));
    EXPECT_TRUE(denied(local, "::ffff:127.0.0.1"));
    EXPECT_TRUE(denied(local, "2002:7f00:1::"));
}

TEST(Egress, OnlyAllowedDeniesTheRest) {
    const EgressPolicy narrow =
        policy({.allow = {"api.example.com", "10.0.0.0/8"}, .only_allowed = true});
    EXPECT_FALSE(denied(narrow, "8.8.8.8", "api.example.com"));
    EXPECT_FALSE(denied(narrow, "10.9.9.9", "anything"));
    EXPECT_TRUE(denied(narrow, "8.8.8.8", "other.example.com"));
}

TEST(Egress, OnlyAllowedHostsAreCheckedBeforeTheyAreResolved) {
    const EgressPolicy narrow = policy({.allow = {"api.example.com"}, .only_allowed = true});
    EXPECT_FALSE(narrow.host_denial("api.example.com"));
    EXPECT_TRUE(narrow.host_denial("example.com"));
}

TEST(Egress, WildcardNamesHostsBelowAndNotTheHostItself) {
    const EgressPolicy below = policy({.deny = {"*.example.com"}});
    EXPECT_TRUE(below.host_denial("a.b.EXAMPLE.com"));
    EXPECT_FALSE(below.host_denial("example.com"));
    EXPECT_FALSE(below.host_denial("badexample.com"));
}

struct BadRule {
    const char* rule;
    const char* message;
};
class BadRules : public testing::TestWithParam<BadRule> {};

TEST_P(BadRules, AreNamedWithTheirRemedy) {
    const auto made = EgressPolicy::make({.deny = {GetParam().rule}});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().is(EgressErrc::bad_rule));
    EXPECT_THAT(made.error().message(), HasSubstr(GetParam().message));
    EXPECT_THAT(made.error().message(), HasSubstr("deny: egress rule"));
}

INSTANTIATE_TEST_SUITE_P(
    Egress, BadRules,
    testing::Values(
        BadRule{"", "is empty"}, BadRule{"10.0.0.1/8", "did you mean 10.0.0.0/8?"},
        BadRule{"fd00::1/8", "did you mean fd00::/8?"},
        BadRule{"10.0.0.0/33", "a number from 0 to 32"},
        BadRule{"10.0.0.0/x", "a number from 0 to 32"},
        BadRule{"10.0.0/8", "no IPv4 or IPv6 address"}, BadRule{"http://example.com", "is a URL"},
        BadRule{"example.com:80", "ports and brackets"}, BadRule{"[::1]", "ports and brackets"},
        BadRule{"a.*.example.com", "a * stands only"}, BadRule{"*.", "a * stands only"},
        BadRule{"*..b", "empty part"}, BadRule{"a..b", "empty part"},
        BadRule{"exa mple.com", "letters, digits"}, BadRule{"0x7f.1", "looks like an address"},
        BadRule{"2130706433", "looks like an address"}));

TEST(IpAddress, IsReadFromSocketAddressesOfAnyAlignment) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    const IpAddress expected = ip("2001:db8::7");
    std::memcpy(&in.sin6_addr, expected.bytes().data(), 16);
    sockaddr_storage storage{};
    std::memcpy(&storage, &in, sizeof in);
    EXPECT_EQ(IpAddress::from(reinterpret_cast<const sockaddr&>(storage)), expected);
    storage.ss_family = AF_UNIX;
    EXPECT_FALSE(IpAddress::from(reinterpret_cast<const sockaddr&>(storage)));
}

TEST(IpAddress, OddNotationsAreNoAddresses) {
    for (const char* text :
         {"0x7f.1", "017700000001", "2130706433", "127.1", "1.2.3.4.5", "fe80::1%1", "[::1]", ""}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

RC_GTEST_PROP(IpRange, ContainsExactlyTheAddressesWithItsPrefix, ()) {
    const auto a = *rc::gen::arbitrary<std::array<std::uint8_t, 4>>();
    const auto b = *rc::gen::arbitrary<std::array<std::uint8_t, 4>>();
    const auto prefix = *rc::gen::inRange(1u, 33u);
    const auto number = [](const std::array<std::uint8_t, 4>& bytes) {
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
               std::uint32_t{bytes[2]} << 8 | bytes[3];
    };
    const bool equal = number(a) >> (32 - prefix) == number(b) >> (32 - prefix);
    RC_ASSERT((IpRange{IpAddress::v4(a), prefix}.contains(IpAddress::v4(b))) == equal);
}

}  // namespace
}  // namespace millrace::runtime
