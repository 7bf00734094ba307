// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace millrace::nodes {

/// Whether no workflow may set this header of an answer: the connection writes it itself, or
/// browsers understand it as said of all that has the answer's origin, which is the server's own:
/// cookies, what it forgets, how it is reached, and how its bytes are packed.
bool is_reserved_response_header(std::string_view name);

}  // namespace millrace::nodes
