// SPDX-License-Identifier: Apache-2.0
#include "size_limits.hpp"

#include "millrace/core/size.hpp"

namespace millrace::engine {

bool is_too_large(const core::Value& value, const ShardLimits& limits) {
    return value.weight() > limits.value_weight_max;
}

bool is_too_large(const std::vector<PortValue>& outputs, const core::Value& note,
                  const ShardLimits& limits) {
    // Weights saturate, so each is compared before it is added.
    std::size_t left = limits.value_weight_max;
    const auto exceeds = [&](const core::Value& value) {
        const std::size_t weight = value.weight();
        if (weight > left) return true;
        left -= weight;
        return false;
    };
    for (const PortValue& output : outputs)
        if (exceeds(output.value)) return true;
    return exceeds(note);
}

core::Failure too_large_failure(const ShardLimits& limits) {
    core::Failure failure;
    failure.code = "value_too_large";
    failure.error_class = core::ErrorClass::limit;
    failure.message = "the result is larger than " +
                      core::to_text(core::ByteSize{limits.value_weight_max}) +
                      "; keep large data outside and pass a reference to it";
    return failure;
}

}  // namespace millrace::engine
