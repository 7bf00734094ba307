// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"

namespace millrace::runtime {

core::Failure make_failure(core::ErrorClass error_class, std::string_view code, std::string message,
                           bool recoverable = false);
/// The same as the error of an expected, of class `validation`.
std::unexpected<core::Failure> refused(std::string_view code, std::string message);

/// What the system's `error` means to a node that has tried to `action` the file at `path`
/// ("cannot read a/b.csv: there is no such file").
core::Failure file_failure(int error, std::string_view action, std::string_view path);

}  // namespace millrace::runtime
