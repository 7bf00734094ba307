// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace millrace::differential {

/// Asks Node.js about every expression in the page's tables that it can know. 0 when it agrees with
/// all of them; says where it does not.
int compare_page(const std::string& path);

}  // namespace millrace::differential
