// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using ::testing::Not;
using testing::problems_of;
using testing::TypeRun;

constexpr std::string_view fox = R"({"k":"key","t":"The quick brown fox jumps over the lazy dog"})";

TypeRun signing(std::string_view more) {
    return {"crypto.hmac",
            R"({"key":"{{ input.k }}","value":"{{ input.t }}")" + std::string{more} + "}", fox};
}

TEST(CryptoHmac, GivesKnownSignatures) {
    EXPECT_EQ(signing("").out(),
              "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    EXPECT_EQ(signing(R"(,"algorithm":"sha1","prefix":"sha1=")").out(),
              "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
}

TEST(CryptoHmac, ReadsTheKeyAsTold) {
    EXPECT_EQ(TypeRun("crypto.hmac",
                      R"({"key":"{{ input.k }}","value":"{{ input.t }}","key_encoding":"hex"})",
                      R"({"k":"6b6579","t":"The quick brown fox jumps over the lazy dog"})")
                  .out(),
              signing("").out());
}

TEST(CryptoHmac, VerifiesSignatures) {
    constexpr std::string_view right =
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    const auto verified = [](std::string_view signature, std::string_view more = "") {
        return signing(R"(,"prefix":"v1=","verify":")" + std::string{signature} + "\"" +
                       std::string{more});
    };
    const std::string good = "v1=" + std::string{right};
    EXPECT_EQ(verified(good).out(), json(R"({"valid":true})"));
    std::string upper = good;
    upper[3] = 'F';
    EXPECT_EQ(verified(upper).out(), json(R"({"valid":true})"));
    for (const std::string& bad : {std::string{right}, std::string{"v1="}, good + "00",
                                   "v1=00" + std::string{right.substr(2)}, std::string{}}) {
        EXPECT_EQ(verified(bad).failure().code, "bad_signature") << bad;
        EXPECT_EQ(verified(bad, R"(,"on_mismatch":"output")").out(), json(R"({"valid":false})"));
    }
}

TEST(CryptoHmac, TakesAMissingSignatureForAWrongOne) {
    EXPECT_EQ(signing(R"(,"verify":"{{ input.headers?.signature }}")").failure().code,
              "bad_signature");
}

TEST(CryptoHmac, TellsNeitherKeyNorSignature) {
    const core::Failure failure = signing(R"(,"verify":"00")").failure();
    EXPECT_THAT(core::to_json(failure.to_value()), Not(HasSubstr("f7bc83")));
    const core::Failure bad =
        TypeRun("crypto.hmac", R"({"key":"{{ input.k }}","key_encoding":"hex"})",
                R"({"k":"topsecret"})")
            .failure();
    EXPECT_EQ(bad.code, "bad_key");
    EXPECT_THAT(core::to_json(bad.to_value()), Not(HasSubstr("topsecret")));
}

TEST(CryptoHmac, WantsNoKeyInTheDocument) {
    EXPECT_THAT(problems_of(crypto_hmac(), R"({"key":"topsecret"})"),
                ElementsAre("plain_secret /data/key"));
    EXPECT_THAT(problems_of(crypto_hmac(), R"({"key":"{{ vars.key }}"})"), IsEmpty());
    EXPECT_THAT(problems_of(crypto_hmac(), R"({"key":"{{ vars.key }}","on_mismatch":"fail"})"),
                ElementsAre("bad_value /data/on_mismatch"));
}

}  // namespace
}  // namespace millrace::nodes
