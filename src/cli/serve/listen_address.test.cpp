// SPDX-License-Identifier: Apache-2.0
#include "serve/listen_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;

TEST(Address, IsAHostAndAPort) {
    const auto v4 = parse_listen_address("127.0.0.1:8420");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 8420);
    EXPECT_EQ(parse_listen_address("[::1]:0").value().host, "::1");
    for (const char* const wrong : {"", "8420", ":8420", "localhost", "localhost:", "localhost:x",
                                    "localhost:70000", "::1:80", "[::1]", "[]:80", "a b:80"})
        EXPECT_FALSE(parse_listen_address(wrong)) << wrong;
}

TEST(Address, IsLoopbackOnlyWhereItCannotBeElsewhere) {
    for (const char* const near : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"})
        EXPECT_TRUE(parse_listen_address(near)->is_loopback()) << near;
    for (const char* const far : {"0.0.0.0:1", "[::]:1", "127.example.com:1", "10.0.0.1:1"})
        EXPECT_FALSE(parse_listen_address(far)->is_loopback()) << far;
}

TEST(Address, IsTakenWhileAnotherListens) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(socket, 1), 0);
    ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const ListenAddress there{"127.0.0.1", ntohs(address.sin_port)};
    const auto taken = check_free(there);
    ASSERT_FALSE(taken);
    EXPECT_TRUE(taken.error().is(AddressErrc::taken));
    EXPECT_THAT(taken.error().message(), HasSubstr("another program"));
    ::close(socket);
    EXPECT_TRUE(check_free(there));
    EXPECT_TRUE(check_free({"203.0.113.7", 1}).error().is(AddressErrc::not_here));
}

}  // namespace
}  // namespace millrace::cli
