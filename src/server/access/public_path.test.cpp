// SPDX-License-Identifier: Apache-2.0
#include "access/public_path.hpp"

#include <gtest/gtest.h>

#include "http/target.hpp"

namespace millrace::server {
namespace {

Request asked(std::string_view url, std::string_view target) {
    Request request;
    EXPECT_TRUE(read_target(target, request).has_value());
    PublicPath::of(url)->take_off(request);
    return request;
}

std::string path_of(std::string_view target) {
    return asked("https://example.com/a/flows/", target).path;
}

TEST(PublicPath, IsTakenOffWhereItStands) {
    EXPECT_EQ(path_of("/a/flows/forms/x"), "/forms/x");
    EXPECT_EQ(path_of("/forms/x"), "/forms/x");
    EXPECT_EQ(path_of("/a/flows"), "/");
    EXPECT_EQ(path_of("/a/flows/"), "/");
    EXPECT_EQ(path_of("/a/flowsy/x"), "/a/flowsy/x");
    EXPECT_EQ(path_of("/a"), "/a");
    EXPECT_EQ(asked("https://example.com", "/x").path, "/x");
    EXPECT_EQ(asked("", "/x").path, "/x");
}

TEST(PublicPath, IsWhereTheOwnPathsBegin) {
    EXPECT_EQ(asked("https://example.com/a", "/x").base, "/a");
    EXPECT_EQ(asked("https://example.com/", "/x").base, "");
}

TEST(PublicPath, HidesNoneOfTheServersOwn) {
    for (const char* url : {"https://a.de/api", "https://a.de/forms/x", "https://a.de/x?y=1"})
        EXPECT_FALSE(PublicPath::of(url).has_value()) << url;
}

}  // namespace
}  // namespace millrace::server
