// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "millrace/core/value.hpp"
#include "millrace/server/document_diff.hpp"
#include "terminal/styled.hpp"

namespace millrace::cli {

/// The `changes` of a body of the API.
std::vector<server::DocumentChange> read_changes(const core::Value& body);

/// `+ node charge (http.request)`, `~ node greet: data.text "a" -> "b"`, one line each.
std::vector<Line> change_lines(const std::vector<server::DocumentChange>& changes, bool unicode);

}  // namespace millrace::cli
