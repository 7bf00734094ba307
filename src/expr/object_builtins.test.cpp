// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "millrace/core/json.hpp"
#include "testing/evaluate.hpp"

namespace millrace::expr {

namespace {

struct Case {
    std::string source;
    std::string result;
};
void PrintTo(const Case& c, std::ostream* out) {
    *out << c.source;
}

class Objects : public testing::TestWithParam<Case> {};

TEST_P(Objects, GiveWhatJavaScriptGives) {
    EXPECT_EQ(result_of(GetParam().source), GetParam().result) << message_of(GetParam().source);
}

INSTANTIATE_TEST_SUITE_P(
    Functions, Objects,
    testing::Values(
        Case{"Object.keys({b: 1, 2: 1, a: 1, 1: 1})", R"(["1","2","b","a"])"},
        Case{"Object.values({b: 1, 2: 2})", "[2,1]"},
        Case{"Object.entries('ab')", R"([["0","a"],["1","b"]])"},
        Case{"Object.keys([5, 6])", R"(["0","1"])"}, Case{"Object.keys(5)", "[]"},
        Case{"Object.keys(null)", "type_error"},
        Case{"Object.keys({4294967295: 1, 4294967294: 1, a: 1})",
             R"(["4294967294","4294967295","a"])"},
        Case{"Object.fromEntries([['a', 1], [2, 'x'], ['a', 3]])", R"({"2":"x","a":3})"},
        Case{"Object.fromEntries([[]])", "{}"}, Case{"Object.fromEntries(['ab'])", "type_error"},
        Case{"Object.fromEntries({})", "type_error"},
        Case{"Object.assign({a: 1}, null, {b: 2}, 'x')", R"({"0":"x","a":1,"b":2})"},
        Case{"Object.assign({}, {['__proto__']: 1})", "not_native"},
        Case{"Object.hasOwn({a: 1}, 'a')", "true"}, Case{"Object.hasOwn([1], 'length')", "true"},
        Case{"Object.hasOwn({}, 'toString')", "false"},
        Case{"Object.hasOwn(null, 'a')", "type_error"},
        Case{"({a: undefined}).hasOwnProperty('a')", "true"}, Case{"Object.is(NaN, NaN)", "true"},
        Case{"Object.is(0, -0)", "false"}, Case{"Object.is(-0, -0)", "true"},
        Case{"Object.is('a', 'a')", "true"}, Case{"({}).toString()", R"("[object Object]")"},
        Case{"Object.is([], [])", "false"}));

RC_GTEST_PROP(Objects, EntriesAndBackIsTheSameObject, ()) {
    const auto keys = *rc::gen::container<std::vector<std::string>>(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string{"ab019"})));
    std::vector<core::Member> members;
    for (const std::string& key : keys)
        members.push_back({key, core::Value{static_cast<std::int64_t>(members.size())}});
    const core::Value roots =
        core::Value::object({{"inputs", core::Value::object(std::move(members))}});
    const std::string spread = result_of("{...inputs}", roots);
    RC_ASSERT(result_of("Object.fromEntries(Object.entries(inputs))", roots) == spread);
    RC_ASSERT(result_of("Object.assign({}, inputs)", roots) == spread);
    RC_ASSERT(result_of("Object.keys(inputs).reduce((o, k) => ({...o, [k]: inputs[k]}), {})",
                        roots) == spread);
    RC_ASSERT(json(spread) == *roots.find("inputs"));
    RC_ASSERT(result_of("Object.keys(inputs).every(k => Object.hasOwn(inputs, k))", roots) ==
              "true");
}

}  // namespace

}  // namespace millrace::expr
