// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "field_reader.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// How a left and a right item become one row: the fields `combine`, `prefer`, `left_prefix` and
/// `right_prefix` of data.join.
class RowMerge {
public:
    enum class Side : std::uint8_t { left, right };

    explicit RowMerge(FieldReader& fields);

    /// Null pointers for a side that has no item. The error is a side whose item is no object,
    /// when fields are to be merged.
    std::expected<core::Value, Side> row(const core::Value* left, const core::Value* right) const;

private:
    bool nests_ = false;
    bool prefers_right_ = false;
    std::string left_prefix_;
    std::string right_prefix_;
};

}  // namespace millrace::nodes
