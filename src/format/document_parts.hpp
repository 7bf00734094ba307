// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

// What the readable and the canonical form of a document have in common: the same keys in the
// same order, defaults left out. They differ in how they spell a duration.

using DurationText = core::Value (*)(core::Duration);

/// `id` to `settings`.
void set_head(core::ObjectBuilder& object, const core::Document& document, DurationText spell);
/// `retry`, `timeout`, `deadline`, `on_error`, `on_interrupt`.
void set_recovery(core::ObjectBuilder& object, const core::NodeSpec& node, DurationText spell);
/// `compensate`, `cache`, `circuit_breaker`, `credential`.
void set_effect_rules(core::ObjectBuilder& object, const core::NodeSpec& node, DurationText spell);
/// `filter`, `transform`, `on_error`, `priority`, `tag`.
void set_connection_rules(core::ObjectBuilder& object, const core::ConnectionSpec& connection);

}  // namespace millrace::format
