// SPDX-License-Identifier: Apache-2.0
#include "service/workflow_catalog.hpp"

#include <gtest/gtest.h>

#include "millrace/store/store.hpp"
#include "testing/route_fixture.hpp"

namespace millrace::server {
namespace {

class WorkflowCatalogTest : public testing::RouteFixture {
protected:
    WorkflowCatalogTest() : RouteFixture{{}} {}
};

TEST_F(WorkflowCatalogTest, RemembersWhatUsuallyRunsUntilItIsForgotten) {
    save_chain("orders");
    WorkflowCatalog catalog{runtime()};
    EXPECT_EQ(catalog.known("orders"), nullptr);
    const auto plan = catalog.load("orders");
    ASSERT_TRUE(plan);
    EXPECT_EQ(catalog.known("orders"), *plan);
    catalog.forget("orders");
    EXPECT_EQ(catalog.known("orders"), nullptr);
    ASSERT_TRUE(catalog.load("orders"));
    catalog.forget_all();
    EXPECT_EQ(catalog.known("orders"), nullptr);
}

TEST_F(WorkflowCatalogTest, RemembersNothingOfOtherChoices) {
    save_chain("orders");
    WorkflowCatalog catalog{runtime()};
    EXPECT_TRUE(catalog.load("orders", {VersionChoice::Kind::head, 0}));
    EXPECT_TRUE(catalog.load("orders", {VersionChoice::Kind::number, 1}));
    EXPECT_EQ(catalog.known("orders"), nullptr);
    const auto missing = catalog.load("orders", {VersionChoice::Kind::number, 9});
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is(store::StoreErrc::not_found));
}

}  // namespace
}  // namespace millrace::server
