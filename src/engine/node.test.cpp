// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/node.hpp"

#include <gtest/gtest.h>

#include <array>

#include "testing/library.hpp"

namespace millrace::engine {
namespace {

TEST(NodeCall, ReadsNullWhereThereIsNothing) {
    const core::Value data = json(R"({"a": 1})");
    const NodeCall call{{}, {}, data, {}};
    EXPECT_TRUE(call.input().is_null());
    EXPECT_TRUE(call.field("b").is_null());
    EXPECT_EQ(call.field("a"), core::Value{1});
}

TEST(NodeCall, TakesTheFirstPortAsTheInput) {
    const core::Value data;
    const std::array<core::Value, 2> inputs{core::Value{"first"}, core::Value{"second"}};
    const NodeCall call{inputs, {}, data, {}};
    EXPECT_EQ(call.input(), core::Value{"first"});
    EXPECT_TRUE(call.field("a").is_null());
}

TEST(NodeCall, FindsADeferredExpressionByItsPlace) {
    const auto code = *expr::Expression::compile("item", {expr::Root::item});
    const std::array<DeferredExpression, 2> deferred{DeferredExpression{&code, {}, "/a"},
                                                     DeferredExpression{&code, {}, "/b/0/of"}};
    const core::Value data;
    const NodeCall call{{}, {}, data, {}, deferred};
    EXPECT_EQ(call.find_deferred("/b/0/of"), &deferred[1]);
    EXPECT_EQ(call.find_deferred("/b"), nullptr);
}

TEST(LocalExpression, ReadsItsNamesAnewEachTime) {
    using expr::Root;
    const auto code = *expr::Expression::compile("acc + item * vars.rate + index",
                                                 {Root::acc, Root::item, Root::index, Root::vars});
    std::vector<expr::Operand> operands;
    for (const expr::Reference& reference : code.references())
        operands.push_back({reference.root == Root::vars ? core::Value{10} : core::Value{}});
    const DeferredExpression deferred{&code, operands, "/expression"};
    LocalExpression sum{deferred, 1'000};
    EXPECT_EQ(sum.evaluate(3, 1, 100)->value, core::Value{131});
    EXPECT_EQ(sum.evaluate(4, 2, 131)->value, core::Value{173});
}

TEST(LocalExpression, LeavesNamesAloneThatItsFieldDoesNotDeclare) {
    const auto code =
        *expr::Expression::compile("index + item", {expr::Root::index, expr::Root::item});
    const std::array<expr::Operand, 2> operands{expr::Operand{7}, expr::Operand{}};
    LocalExpression with_loop_index{{&code, operands, "/x", {expr::Root::item}}, 1'000};
    EXPECT_EQ(with_loop_index.evaluate(1, 50)->value, core::Value{8});
}

TEST(LocalExpression, MayBurnItsFuelEachTime) {
    const auto code = *expr::Expression::compile("item + 1", {expr::Root::item});
    const std::array<expr::Operand, 1> operands{};
    const DeferredExpression deferred{&code, operands, "/x"};
    LocalExpression enough{deferred, 3};
    for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(enough.evaluate(i, i));
    EXPECT_EQ(LocalExpression(deferred, 1).evaluate(1, 0).error().code, "fuel_exhausted");
}

TEST(LocalExpression, SharesWhatAllOfACallMayBurn) {
    const auto code = *expr::Expression::compile("item + 1", {expr::Root::item});
    const std::array<expr::Operand, 1> operands{};
    const DeferredExpression deferred{&code, operands, "/x"};
    expr::Fuel shared{10};
    LocalExpression first{deferred, 1'000, &shared};
    LocalExpression second{deferred, 1'000, &shared};
    int done = 0;
    while (first.evaluate(done, done) && second.evaluate(done, done))
        ++done;
    EXPECT_GT(done, 0);
    EXPECT_LT(done, 10);
    EXPECT_EQ(second.evaluate(1, 0).error().code, "fuel_exhausted");
}

TEST(NodeBehaviour, RefusesAnAnswerItNeverAskedFor) {
    const auto pass = test_library()->find("test.pass", 1);
    const auto value = pass->behaviour->finish({}, {});
    ASSERT_FALSE(value.has_value());
    EXPECT_EQ(value.error().code, "unexpected_answer");
}

TEST(ValidationFailure, IsOfTheClassValidation) {
    const core::Failure failure = validation_failure("bad_thing", "it is bad");
    EXPECT_EQ(failure.code, "bad_thing");
    EXPECT_EQ(failure.error_class, core::ErrorClass::validation);
    EXPECT_FALSE(failure.recoverable);
}

}  // namespace
}  // namespace millrace::engine
