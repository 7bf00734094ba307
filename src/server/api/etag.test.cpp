// SPDX-License-Identifier: Apache-2.0
#include "api/etag.hpp"

#include <gtest/gtest.h>

#include "api/testing/sample_api.hpp"

namespace millrace::server {
namespace {

const std::string current = document_etag(3, "0123456789abcdef0123456789abcdef");

/// Status of the refusal, 0 when there is none.
int refusal(std::string_view name, std::string_view value, std::string_view etag) {
    const auto request = sample_request(Method::put, "/api/v1/things/a");
    if (!name.empty()) request->headers.add(std::string{name}, std::string{value});
    const auto checked = check_preconditions(*request, etag);
    return checked ? 0 : checked.error().status;
}

TEST(Etag, HasTheNumberAndTheBeginningOfTheHash) {
    EXPECT_EQ(current, "\"3-0123456789abcdef\"");
    EXPECT_NE(content_etag("a"), content_etag("b"));
}

TEST(Etag, MatchesListsAndStars) {
    EXPECT_TRUE(etag_matches("\"x\" , " + current, current, false));
    EXPECT_TRUE(etag_matches("*", current, false));
    EXPECT_TRUE(etag_matches("W/" + current, current, true));
    EXPECT_FALSE(etag_matches("W/" + current, current, false));
    EXPECT_FALSE(etag_matches("\"x\", ,", current, true));
}

TEST(Etag, KeepsChangesOfOthersFromBeingLost) {
    EXPECT_EQ(refusal("", "", current), 428);
    EXPECT_EQ(refusal("If-Match", current, current), 0);
    EXPECT_EQ(refusal("If-Match", "*", current), 0);
    EXPECT_EQ(refusal("If-Match", "\"2-aa\"", current), 412);
    EXPECT_EQ(refusal("If-None-Match", "*", current), 412);
}

TEST(Etag, CreatesWhatIsNotThere) {
    EXPECT_EQ(refusal("", "", ""), 0);
    EXPECT_EQ(refusal("If-None-Match", "*", ""), 0);
    EXPECT_EQ(refusal("If-Match", current, ""), 412);
    EXPECT_EQ(refusal("If-Match", "*", ""), 412);
}

TEST(Etag, AsksWhetherThereIsOneWhereThereIsNoEtag) {
    const auto refusal = [](std::string_view name, std::string_view value, bool is_there) {
        const auto request = sample_request(Method::put, "/api/v1/things/a");
        if (!name.empty()) request->headers.add(std::string{name}, std::string{value});
        const auto checked = check_presence(*request, is_there);
        return checked ? 0 : checked.error().status;
    };
    EXPECT_EQ(refusal("", "", true), 0);
    EXPECT_EQ(refusal("", "", false), 0);
    EXPECT_EQ(refusal("If-None-Match", "*", true), 412);
    EXPECT_EQ(refusal("If-None-Match", "*", false), 0);
    EXPECT_EQ(refusal("If-None-Match", "\"x\"", true), 0);
    EXPECT_EQ(refusal("If-Match", "*", true), 0);
    EXPECT_EQ(refusal("If-Match", "*", false), 412);
    EXPECT_EQ(refusal("If-Match", "\"x\"", true), 412);
}

TEST(Etag, SavesTheCallerWhatItHas) {
    const auto request = sample_request(Method::get, "/api/v1/things/a");
    EXPECT_FALSE(not_modified(*request, current).has_value());
    request->headers.add("If-None-Match", current);
    EXPECT_EQ(not_modified(*request, current)->status, 304);
}

}  // namespace
}  // namespace millrace::server
