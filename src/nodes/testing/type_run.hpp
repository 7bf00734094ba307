// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"
#include "millrace/engine/node.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::nodes::testing {

/// All standard types.
const Registry& standard_types();

/// Runs a standard type as the engine would: specialised for its data, whose templates are
/// evaluated and whose deferred expressions are handed over. In their scope is `input`, the value
/// at the first port.
class TypeRun {
public:
    /// `data` is as in a document.
    TypeRun(std::string_view type, core::Value data);
    /// The same with JSON texts.
    TypeRun(std::string_view type, std::string_view data, std::string_view input);

    TypeRun& with_input(core::Value input);
    /// One for each input port.
    TypeRun& with_inputs(std::vector<core::Value> inputs);
    TypeRun& with_weight_max(std::size_t weight_max);

    engine::NodeOutcome start() const;
    /// The value at the first output, or a text that tells what came instead.
    core::Value out() const;
    /// `{PORT: value}`, or a text that tells what came instead.
    core::Value ports() const;
    core::Failure failure() const;
    core::Value note() const;
    /// What the templates give; a text that tells why there is nothing.
    core::Value evaluated_data() const;
    const core::NodeType& type() const { return definition_->type; }

private:
    std::shared_ptr<const engine::NodeDefinition> definition_;
    core::Value data_;
    std::vector<core::Value> inputs_;
    std::size_t weight_max_ = std::size_t{64} << 20;
};

}  // namespace millrace::nodes::testing
