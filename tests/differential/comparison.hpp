// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::differential {

/// What Millrace makes of an expression.
struct Native {
    std::string result;   ///< as evaluate.mjs shows results; an error's code behind a `!`
    std::string message;  ///< of the error
    bool compiles = false;
    bool is_out_of_reach = false;  ///< it says that it does not go so far: no fuel, over 64 bits
};
Native evaluated(std::string_view source, const core::Value& roots);

/// Do both say the same? Errors are equal to each other.
bool agree(const Native& native, std::string_view node);

}  // namespace millrace::differential
