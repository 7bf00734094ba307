// SPDX-License-Identifier: Apache-2.0
#include "api/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::vector<Route> routes() {
    std::vector<Route> routes;
    const auto add = [&](Method method, std::string pattern) {
        routes.emplace_back().method = method;
        routes.back().pattern = std::move(pattern);
    };
    add(Method::get, "/");
    add(Method::get, "/api/v1/nodes/{id}");
    add(Method::post, "/api/v1/nodes/batch");
    add(Method::get, "/api/v1/nodes/{node}/versions/{n}");
    add(Method::get, "/api/v1/nodes/batch/report");
    add(Method::put, "/api/v1/nodes/{id}");
    add(Method::post, "/hooks/{path...}");
    routes.back().is_for_any_method = true;
    add(Method::get, "/hooks/{path...}");
    return routes;
}

Router::Found find(Method method, std::string_view path) {
    const std::vector<Route> all = routes();
    return Router{all}.find(method, split_path(path));
}

std::string suggestion(std::string_view path) {
    const std::vector<Route> all = routes();
    return Router{all}.suggestion(split_path(path));
}

TEST(Router, SplitsPathsAtSlashes) {
    EXPECT_THAT(split_path("/"), IsEmpty());
    EXPECT_THAT(split_path("/a/b"), ElementsAre("a", "b"));
    EXPECT_THAT(split_path("/a/"), ElementsAre("a", ""));
    EXPECT_THAT(split_path("/a//b"), ElementsAre("a", "", "b"));
}

TEST(Router, NamesParametersAsTheirOwnPatternDoes) {
    const Router::Found found = find(Method::get, "/api/v1/nodes/a/versions/3");
    EXPECT_EQ(found.route, 3u);
    EXPECT_THAT(found.parameters, ElementsAre(Pair("node", "a"), Pair("n", "3")));
    EXPECT_EQ(find(Method::get, "/").route, 0u);
}

TEST(Router, PrefersLiteralsAndGoesBackWhenTheyLeadNowhere) {
    EXPECT_EQ(find(Method::post, "/api/v1/nodes/batch").route, 2u);
    EXPECT_EQ(find(Method::get, "/api/v1/nodes/batch/report").route, 4u);
    EXPECT_EQ(find(Method::get, "/api/v1/nodes/batch/versions/1").route, 3u);
    EXPECT_EQ(find(Method::get, "/api/v1/nodes/batch").route, 1u) << "a node of that name";
}

TEST(Router, GivesTheRestOfAPathToOneParameter) {
    const Router::Found found = find(Method::del, "/hooks/orders/7/");
    EXPECT_EQ(found.route, 6u);
    EXPECT_THAT(found.parameters, ElementsAre(Pair("path", "orders/7/")));
    EXPECT_EQ(find(Method::get, "/hooks/orders").route, 7u);
    EXPECT_EQ(find(Method::options, "/hooks/orders").route, 6u);
    EXPECT_FALSE(find(Method::get, "/hooks").route);
}

TEST(Router, CollectsTheMethodsOfAllRoutesThatFit) {
    const Router::Found found = find(Method::del, "/api/v1/nodes/batch");
    EXPECT_FALSE(found.route.has_value());
    EXPECT_EQ(allow_text(found.allow), "GET, HEAD, OPTIONS, POST, PUT");
    EXPECT_EQ(find(Method::head, "/api/v1/nodes/a").route, 1u);
    EXPECT_THAT(find(Method::get, "/api/v1/nodes").allow, IsEmpty());
}

TEST(Router, TakesNoEmptySegmentForAParameter) {
    EXPECT_THAT(find(Method::get, "/api/v1/nodes/").allow, IsEmpty());
}

TEST(Router, SuggestsWhatWasProbablyMeant) {
    EXPECT_EQ(suggestion("/nodes/a"), "/api/v1/nodes/a");
    EXPECT_EQ(suggestion("/api/v1/nodes/a/"), "/api/v1/nodes/a");
    EXPECT_EQ(suggestion("/api/v1/nods/a"), "/api/v1/nodes/a");
    EXPECT_EQ(suggestion("/api/v1/nodes/a/version/3"), "/api/v1/nodes/a/versions/3");
    EXPECT_EQ(suggestion("/something/else"), "");
    EXPECT_EQ(suggestion("/api/v1/nods/" + std::string(500, 'a')), "");
}

}  // namespace
}  // namespace millrace::server
