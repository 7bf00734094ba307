// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "testing/model.hpp"

namespace rc {

template <>
struct Arbitrary<millrace::ecs::testing::Step> {
    static Gen<millrace::ecs::testing::Step> arbitrary() {
        using millrace::ecs::testing::Step;
        return gen::build<Step>(gen::set(&Step::action), gen::set(&Step::entity),
                                gen::set(&Step::component), gen::set(&Step::number));
    }
};

}  // namespace rc

namespace millrace::ecs::testing {

void showValue(const Step& step, std::ostream& out) {
    out << "{action " << int{step.action} << ", entity " << int{step.entity} << ", component "
        << int{step.component} << ", number " << step.number << "}";
}

namespace {

RC_GTEST_PROP(Model, AnySequenceOfChangesGivesWhatANaiveMapGives, ()) {
    const auto steps = *rc::gen::scale(4.0, rc::gen::arbitrary<std::vector<Step>>());
    ModelledWorld modelled;
    for (const Step& step : steps)
        modelled.act(step);
    modelled.flush();
    const auto difference = modelled.difference();
    if (difference) RC_FAIL(*difference);
}

RC_GTEST_PROP(Model, EveryPrefixAgreesToo, ()) {
    const auto steps = *rc::gen::arbitrary<std::vector<Step>>();
    ModelledWorld modelled;
    for (const Step& step : steps) {
        modelled.act(step);
        modelled.flush();
        const auto difference = modelled.difference();
        if (difference) RC_FAIL(*difference);
    }
}

}  // namespace
}  // namespace millrace::ecs::testing
