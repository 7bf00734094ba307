// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/node.hpp"

#include <utility>

namespace millrace::engine {

namespace {
const core::Value null_value;
}

const core::Value& NodeCall::input() const {
    return inputs.empty() ? null_value : inputs.front();
}

const core::Value& NodeCall::field(std::string_view name) const {
    const core::Value* const found = data.find(name);
    return found == nullptr ? null_value : *found;
}

std::expected<expr::Operand, core::Failure> NodeCall::evaluate(std::size_t k) const {
    const DeferredExpression& expression = deferred[k];
    return expr::evaluate(*expression.code, expression.operands, *fuel);
}

std::shared_ptr<const NodeDefinition> NodeBehaviour::specialise(const NodeDefinition&,
                                                                const core::Value&) const {
    return nullptr;
}

void NodeBehaviour::check(const core::Value&, const std::string&, core::Problems&) const {}

std::expected<core::Value, core::Failure> NodeBehaviour::finish(const HttpCall&,
                                                                const HttpAnswer&) const {
    core::Failure failure;
    failure.code = "unexpected_answer";
    failure.error_class = core::ErrorClass::internal;
    failure.message = "this node type makes no HTTP calls, so it cannot read the answer to one";
    return std::unexpected(std::move(failure));
}

core::Failure validation_failure(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = core::ErrorClass::validation;
    failure.message = std::move(message);
    return failure;
}

}  // namespace millrace::engine
