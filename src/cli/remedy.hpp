// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/failure.hpp"

namespace millrace::cli {

/// What somebody could do about a run that failed like this; empty when there is nothing to say.
std::string remedy_of(const core::Failure& failure);

}  // namespace millrace::cli
