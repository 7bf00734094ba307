// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::TypeRun;

core::Value hashed(std::string_view algorithm, core::Value value) {
    TypeRun run{"crypto.hash", core::Value::object({{"algorithm", algorithm}})};
    return run.with_input(std::move(value)).out();
}

TEST(CryptoHash, GivesKnownDigests) {
    EXPECT_EQ(hashed("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hashed("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hashed("sha256", ""),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hashed("sha3-256", "abc"),
              "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    EXPECT_THAT(std::string{hashed("sha512", "abc").as_string()}, HasSubstr("ddaf35a193617aba"));
    EXPECT_THAT(std::string{hashed("blake2b", "abc").as_string()}, HasSubstr("ba80a53f981c4d0d"));
    EXPECT_THAT(std::string{hashed("blake2s", "abc").as_string()}, HasSubstr("508c5e8c327c14e2"));
}

TEST(CryptoHash, TakesTextsAndBytes) {
    const std::vector<std::uint8_t> bytes{'a', 'b', 'c'};
    EXPECT_EQ(hashed("md5", core::Value::bytes(bytes)), hashed("md5", "abc"));
    EXPECT_EQ(TypeRun("crypto.hash", "{}", "[1]").failure().code, "not_a_text");
    EXPECT_EQ(TypeRun("crypto.hash", R"({"algorithm":"md4"})", "1").failure().code, "bad_field");
}

TEST(CryptoHash, TakesNothingElseForAFieldThatIsUndefined) {
    const core::Failure failure =
        TypeRun("crypto.hash", R"({"value":"{{ input.x }}"})", R"("abc")").failure();
    EXPECT_EQ(failure.code, "not_a_text");
    EXPECT_THAT(failure.message, HasSubstr("`value` is no text and no bytes but null"));
}

TEST(CryptoHash, WritesDigestsAsTold) {
    EXPECT_EQ(
        TypeRun("crypto.hash", R"({"algorithm":"md5","encoding":"base64url"})", R"("abc")").out(),
        "kAFQmDzST7DWlj99KOF_cg");
    EXPECT_EQ(TypeRun("crypto.hash", R"({"encoding":"bytes"})", R"("abc")").out().size(), 32u);
}

}  // namespace
}  // namespace millrace::nodes
