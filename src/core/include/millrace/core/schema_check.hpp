// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::core {

struct SchemaViolation {
    std::string path;  ///< JSON Pointer into the checked value
    std::string message;
};

/// A compiled JSON Schema (draft-07). Immutable; may be used from any thread. `format` compiles
/// them, so that the rooms below need no schema library.
class SchemaCheck {
public:
    virtual ~SchemaCheck() = default;
    /// Every violation, in the order of the schema; empty when the value conforms.
    virtual std::vector<SchemaViolation> violations(const Value& value) const = 0;
};

}  // namespace millrace::core
