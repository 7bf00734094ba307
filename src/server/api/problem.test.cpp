// SPDX-License-Identifier: Apache-2.0
#include "api/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "api/testing/sample_api.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {
namespace {

using core::Error;

TEST(Problem, CodesAreUniqueAndSortedByStatus) {
    const auto kinds = problem_codes();
    std::set<std::string_view> codes;
    for (const ProblemKind& kind : kinds) {
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_FALSE(kind.meaning.empty()) << kind.code;
    }
    EXPECT_TRUE(std::ranges::is_sorted(kinds, {}, &ProblemKind::status));
    EXPECT_EQ(find_problem_code("nothing"), nullptr);
}

TEST(Problem, ErrorsOfOtherRoomsGetTheirCodes) {
    EXPECT_EQ(problem_of(Error{store::StoreErrc::not_found, "x"}).status, 404);
    EXPECT_EQ(problem_of(Error{store::StoreErrc::conflict, "x"}).status, 409);
    EXPECT_EQ(problem_of(Error{store::StoreErrc::full, "x"}).code, "unavailable");
    EXPECT_EQ(problem_of(Error{runtime::RuntimeErrc::stopped, "x"}).code, "stopped");
    EXPECT_EQ(problem_of(Error{engine::CommandErrc::already_finished, "x"}).code,
              "already_finished");
    EXPECT_EQ(problem_of(Error{engine::StartErrc::bad_input, "x"}).status, 422);
    EXPECT_EQ(problem_of(Error{store::StoreErrc::corrupt, "x"}).code, "internal");
    const Problem busy = problem_of(Error{runtime::RuntimeErrc::busy, "full"});
    EXPECT_EQ(busy.status, 503);
    EXPECT_NE(busy.headers.find("Retry-After"), nullptr);
}

TEST(Problem, DocumentsKeepPlacesAndSuggestions) {
    core::Problems found(2);
    found[0] = {core::ProblemCode::unknown_key, "/nodes/0/typ", "unknown key", "type", 4, 7};
    found[1] = {core::ProblemCode::cycle, "", "a cycle", "", 0, 0};
    const Response response =
        to_response(problem_of(found, "no workflow"), *sample_request(Method::put, "/x"));
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.body,
              R"({"type":"/problems/invalid","title":"Invalid content","status":422,)"
              R"("detail":"no workflow","code":"invalid","instance":"urn:millrace:request:r1",)"
              R"("errors":[{"path":"/nodes/0/typ","code":"unknown_key","message":"unknown key",)"
              R"("line":4,"column":7,"suggestion":"type"},)"
              R"({"path":"","code":"cycle","message":"a cycle"}]})");
    EXPECT_EQ(*response.headers.find("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace millrace::server
