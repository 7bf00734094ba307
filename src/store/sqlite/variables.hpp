// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/store/variables.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteVariables final : public Variables {
public:
    /// `access` outlives it.
    explicit SqliteVariables(PartAccess& access) : access_{access} {}

    core::Result<std::vector<Variable>> list() override;
    core::Result<Variable> find(const std::string& name) override;
    core::Result<> put(const Variable& variable) override;
    core::Result<> remove(const std::string& name) override;

private:
    PartAccess& access_;
};

}  // namespace millrace::store::sqlite
