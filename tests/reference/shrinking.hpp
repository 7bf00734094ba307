// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "millrace/core/document.hpp"

namespace millrace::reference {

/// Leaves out and simplifies what it can as long as `fails` stays true; `fails` must be false of a
/// document that does not compile.
core::Document shrunk(core::Document document,
                      const std::function<bool(const core::Document&)>& fails);

}  // namespace millrace::reference
