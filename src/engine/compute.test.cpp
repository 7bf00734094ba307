// SPDX-License-Identifier: Apache-2.0
#include "compute.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/engine/pure_job.hpp"
#include "testing/library.hpp"

namespace millrace::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Plan> plan_with(std::string_view type, std::string_view data = {}) {
    PlanBuilder plan;
    return plan.node("start", "trigger.manual")
        .node("it", type, data)
        .connect("start -> it")
        .plan();
}

/// A job of the node `it` with one input and, for each reference of its data, an operand.
PureJob job_of(const std::shared_ptr<const Plan>& plan, core::Value input,
               std::vector<expr::Operand> operands = {}, std::uint64_t fuel = 1'000) {
    return {plan, {1},  core::Time{5}, std::move(operands), {std::move(input)}, {"start"},
            {},   fuel, 1u << 20};
}

TEST(PureJob, GivesWhatTheNodeEmits) {
    const auto outcome = job_of(plan_with("test.pass"), 7).run();
    EXPECT_THAT(std::get<Emit>(outcome).ports, ElementsAre(PortValue{{0}, 7}));
}

TEST(PureJob, EvaluatesTheNodesData) {
    const auto plan = plan_with("test.set", R"({"value": "{{ input.n + 1 }}"})");
    const auto outcome = job_of(plan, {}, {{json(R"({"n": 4})"), false}}).run();
    EXPECT_THAT(std::get<Emit>(outcome).ports, ElementsAre(PortValue{{0}, 5}));
}

TEST(PureJob, NamesItsNodeInAFailure) {
    const auto outcome = job_of(plan_with("test.fail"), 7).run();
    EXPECT_EQ(std::get<core::Failure>(outcome).node_id, "it");
    EXPECT_EQ(std::get<core::Failure>(outcome).code, "on_purpose");
}

TEST(PureJob, FailsWithTheClassLimitWhenItsFuelIsUsedUp) {
    const auto plan = plan_with("test.set", R"({"value": "{{ input + 1 + 2 + 3 + 4 }}"})");
    const auto outcome = job_of(plan, {}, {{1, false}}, 2).run();
    EXPECT_EQ(std::get<core::Failure>(outcome).error_class, core::ErrorClass::limit);
    EXPECT_EQ(std::get<core::Failure>(outcome).node_id, "it");
}

TEST(PureJob, RefusesANodeThatIsNotPureAfterAll) {
    const auto outcome = job_of(plan_with("test.effect"), 7).run();
    EXPECT_EQ(std::get<core::Failure>(outcome).code, "not_pure");
    EXPECT_THAT(std::get<core::Failure>(outcome).message,
                HasSubstr("may only emit values or fail"));
}

TEST(PureJob, LosesNoResponse) {
    const auto outcome = job_of(plan_with("test.respond"), 7).run();
    EXPECT_EQ(std::get<core::Failure>(outcome).code, "not_pure");
    EXPECT_THAT(std::get<core::Failure>(outcome).message, HasSubstr("stays_inline"));
}

TEST(PureJob, GivesTheSameEachTime) {
    const PureJob job = job_of(plan_with("test.pass"), json(R"({"a": [1, 2]})"));
    EXPECT_EQ(std::get<0>(job.run()), std::get<0>(job.run()));
}

}  // namespace
}  // namespace millrace::engine
