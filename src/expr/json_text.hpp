// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "builtins.hpp"

namespace millrace::expr {

/// JSON.parse and JSON.stringify; rows of json_builtins().
Cell json_parse(Call& call);
Cell json_stringify(Call& call);

}  // namespace millrace::expr
