// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine/node.hpp"

#include <algorithm>
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

const DeferredExpression* NodeCall::find_deferred(std::string_view pointer) const {
    for (const DeferredExpression& expression : deferred)
        if (expression.pointer == pointer) return &expression;
    return nullptr;
}

LocalExpression::LocalExpression(const DeferredExpression& expression, std::uint64_t fuel_each,
                                 expr::Fuel* shared)
    : code_{*expression.code},
      fuel_each_{fuel_each},
      shared_{shared},
      operands_{expression.operands.begin(), expression.operands.end()} {
    const std::span<const expr::Reference> references = code_.references();
    for (std::size_t i = 0; i < references.size(); ++i) {
        if (references[i].root == expr::Root::uuid) steps_.emplace_back(i, operands_[i].value);
        if (!expression.locals.contains(references[i].root)) continue;
        if (references[i].root == expr::Root::item) items_.push_back(i);
        if (references[i].root == expr::Root::index) indexes_.push_back(i);
        if (references[i].root == expr::Root::acc) accs_.push_back(i);
    }
}

std::expected<expr::Operand, core::Failure> LocalExpression::evaluate(const core::Value& item,
                                                                      std::int64_t index,
                                                                      const core::Value& acc) {
    for (const std::size_t i : items_)
        operands_[i] = {item, false};
    for (const std::size_t i : indexes_)
        operands_[i] = {core::Value{index}, false};
    for (const std::size_t i : accs_)
        operands_[i] = {acc, false};
    for (const auto& [i, step] : steps_) {  // each item has UUIDs of its own
        operands_[i] = {core::Value{std::string{step.as_string()} + "/" + std::to_string(index)},
                        false};
    }
    if (shared_ == nullptr) {
        expr::Fuel fuel{fuel_each_};
        return expr::evaluate(code_, operands_, fuel);
    }
    const std::uint64_t given = std::min(fuel_each_, shared_->left);
    expr::Fuel fuel{given};
    auto value = expr::evaluate(code_, operands_, fuel);
    shared_->left -= given - fuel.left;
    return value;
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

std::string_view to_text(WaitKind kind) {
    switch (kind) {
        case WaitKind::signal: return "signal";
        case WaitKind::webhook: return "webhook";
        case WaitKind::approval: return "approval";
        case WaitKind::event: return "event";
    }
    return "signal";
}

core::Failure validation_failure(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = core::ErrorClass::validation;
    failure.message = std::move(message);
    return failure;
}

}  // namespace millrace::engine
