// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "millrace/core/failure.hpp"

namespace millrace::nodes {

/// A failure of class `limit`.
core::Failure limit_failure(std::string code, std::string message);

/// `result_too_large`: what a node makes is more than a value may weigh.
core::Failure result_too_large(std::size_t weight_max);

}  // namespace millrace::nodes
