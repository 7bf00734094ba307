// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/server/document_diff.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// `+ node charge (http.request)`, `~ node greet: data.text "a" -> "b"`, one line each.
std::vector<Line> change_lines(const std::vector<server::DocumentChange>& changes, bool unicode);

}  // namespace millrace::cli
