// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/node_run.hpp"
#include "testing/type_run.hpp"

namespace millrace::nodes {
namespace {

using testing::json;
using testing::TypeRun;

core::Value coded(std::string_view format, std::string_view direction, core::Value value) {
    TypeRun run{"crypto.encode",
                core::Value::object({{"format", format}, {"direction", direction}})};
    return run.with_input(std::move(value)).out();
}

TEST(CryptoEncode, GoesThereAndBack) {
    const core::Value text = "a b&\xc3\xbc?/\xf0\x9f\x98\x80~";
    for (const char* format : {"base64", "base64url", "hex", "url"}) {
        const core::Value there = coded(format, "encode", text);
        EXPECT_EQ(coded(format, "decode", there), text) << format;
    }
}

TEST(CryptoEncode, WritesWhatOthersRead) {
    const std::vector<std::uint8_t> bytes{0xfb, 0xff};
    EXPECT_EQ(coded("base64", "encode", core::Value::bytes(bytes)), "+/8=");
    EXPECT_EQ(coded("base64url", "encode", core::Value::bytes(bytes)), "-_8");
    EXPECT_EQ(coded("hex", "encode", core::Value::bytes(bytes)), "fbff");
    EXPECT_EQ(coded("url", "encode", "a/ü"), "a%2F%C3%BC");
    EXPECT_EQ(coded("base64", "encode", ""), "");
}

TEST(CryptoEncode, RefusesWhatIsNotWrittenSo) {
    const auto code = [](std::string_view format, std::string_view text) {
        TypeRun run{"crypto.encode",
                    core::Value::object({{"format", format}, {"direction", "decode"}})};
        return run.with_input(text).failure().code;
    };
    EXPECT_EQ(code("base64", "a"), "bad_encoding");
    EXPECT_EQ(code("base64url", "+/8="), "bad_encoding");
    EXPECT_EQ(code("hex", "abc"), "bad_encoding");
    EXPECT_EQ(code("hex", "zz"), "bad_encoding");
    EXPECT_EQ(code("url", "%4"), "bad_encoding");
    EXPECT_EQ(code("url", "%zz"), "bad_encoding");
    EXPECT_EQ(code("hex", "ff"), "not_utf8");
    EXPECT_EQ(TypeRun("crypto.encode", "{}", "1").failure().code, "not_a_text");
}

TEST(CryptoEncode, GivesBytesWhenTold) {
    const core::Value bytes =
        TypeRun("crypto.encode", R"({"format":"hex","direction":"decode","as":"bytes"})",
                R"("00ff")")
            .out();
    ASSERT_TRUE(bytes.is_bytes());
    EXPECT_EQ(bytes.size(), 2u);
}

}  // namespace
}  // namespace millrace::nodes
