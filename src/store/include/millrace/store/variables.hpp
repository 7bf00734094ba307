// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::store {

/// A value that the deployment gives to the workflows that name such a variable.
struct Variable {
    std::string name;
    core::Value value;
    std::string description;
    core::Time updated_at;
};

/// What the deployment gives to workflows. Part of a Store and used like it.
class Variables {
public:
    virtual ~Variables() = default;
    /// All, in order of their names.
    virtual core::Result<std::vector<Variable>> list() = 0;
    virtual core::Result<Variable> find(const std::string& name) = 0;
    virtual core::Result<> put(const Variable& variable) = 0;
    virtual core::Result<> remove(const std::string& name) = 0;
};

}  // namespace millrace::store
