// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "millrace/expr/template.hpp"
#include "testing/evaluate.hpp"
#include "testing/fake_host.hpp"

namespace millrace::expr {

namespace {

const core::Value roots = json(R"({"inputs": {"a": [1, {"b": 2}], "big": 9007199254740993}})");

std::string of(std::string_view source) {
    return result_of(source, roots, &fake_host());
}

}  // namespace

TEST(Hash, WritesTheHostsDigest) {
    EXPECT_EQ(of("$hash('AB')").substr(0, 9), "\"42414241");
    EXPECT_EQ(of("$hash('AB', 'sha256').length"), "64");
    EXPECT_EQ(of("$hash('AB', undefined, 'base64').length"), "44");
    EXPECT_EQ(of("$hash('AB', undefined, 'base64url').length"), "43");
    EXPECT_EQ(of("$hash('\\ud800') == $hash('\\ufffd')"), "true");
}

TEST(Hash, SaysWhatIsWrongWithItsArguments) {
    EXPECT_EQ(of("$hash('a', 'sha265')"), "bad_algorithm");
    EXPECT_EQ(message_of("$hash('a', 'sha265')", roots, &fake_host()),
              "`$hash('a', 'sha265')`: there is no `sha265`; did you mean `sha256`?");
    EXPECT_EQ(of("$hash('a', 'sha256', 'hax')"), "bad_encoding");
    EXPECT_EQ(of("$hash(5)"), "type_error");
    EXPECT_EQ(of("$hash(inputs.a)"), "type_error");
    EXPECT_EQ(result_of("$hash('a')"), "not_native");
}

TEST(JsonPaths, SelectFromAnyValue) {
    EXPECT_EQ(of("$jsonpath(inputs, '$..b')"), "[2]");
    EXPECT_EQ(of("$jsonpath({ x: [1, 2] }, '$.x[1]')[0]"), "2");
    EXPECT_EQ(of("$jsonpath(inputs, '$.big')[0] == 9007199254740993n"), "true");
    EXPECT_EQ(of("$jsonpath(inputs, '$.none')"), "[]");
    EXPECT_EQ(of("$jsonpath(inputs, '$[')"), "bad_path");
    EXPECT_EQ(of("$jsonpath(inputs, '$.a')[0].map(x => typeof x)"), R"(["number","object"])");
}

class Uuids : public testing::Test {
protected:
    static core::Value made(std::string_view tree, std::string_view step) {
        const auto compiled = Template::compile(json(tree), RootSet::all(), {}, &fake_host());
        Fuel fuel;
        const std::vector<Operand> operands(compiled->references().size(),
                                            Operand{core::Value{step}, false});
        return *compiled->evaluate(operands, fuel);
    }
};

TEST_F(Uuids, AreTheSameForTheSameStep) {
    EXPECT_EQ(made(R"(["{{ $uuid() }}"])", "1"), made(R"(["{{ $uuid() }}"])", "1"));
    EXPECT_NE(made(R"(["{{ $uuid() }}"])", "1"), made(R"(["{{ $uuid() }}"])", "2"));
}

TEST_F(Uuids, DifferFromCallToCallOfOneTemplate) {
    const core::Value values =
        made(R"(["{{ $uuid() }}", "{{ $uuid() }}", "x{{ $uuid() }}", "x{{ $uuid() }}"])", "1");
    const auto all = values.as_array();
    EXPECT_NE(all[0], all[1]);
    EXPECT_NE(all[2], all[3]);
    EXPECT_NE("x" + std::string{all[0].as_string()}, all[2].as_string());
}

TEST_F(Uuids, AreOfVersionEight) {
    const core::Value values = made(R"(["{{ $uuid() }}"])", "step");
    const std::string text{values.as_array()[0].as_string()};
    ASSERT_EQ(text.size(), 36u);
    EXPECT_EQ(text[14], '8');
    EXPECT_TRUE(text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b');
}

TEST_F(Uuids, AreNotFoldedAndTakeNoArguments) {
    EXPECT_EQ(of("$uuid() === $uuid()"), "false");
    EXPECT_EQ(of("[1, 2].map(() => $uuid()).map((u, i, all) => all.indexOf(u) == i)"),
              "[true,true]");
    EXPECT_EQ(of("$uuid(1)"), "not_allowed");
    EXPECT_EQ(of("$uuid"), "not_allowed");
}

}  // namespace millrace::expr
