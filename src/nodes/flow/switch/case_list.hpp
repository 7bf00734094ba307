// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/problem.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/json_path.hpp"

namespace millrace::nodes {

struct SwitchCase {
    std::size_t deferred = 0;            ///< which deferred expression `when` is
    std::optional<expr::JsonPath> path;  ///< instead of `when`
};

/// What the data of a switch says.
struct CaseList {
    std::vector<SwitchCase> cases;   ///< as in the document, and so are their outputs
    std::vector<std::size_t> order;  ///< in which they are tried
    bool takes_all = false;

    /// Reads what `check_cases` accepts, with or without its `when`s; of other data what it can.
    static CaseList of(const core::Value& data);
};

/// The name of each case in the order of the document; empty where a case has none.
std::vector<std::string> case_names(const core::Value& data);

/// Finds what is wrong with the cases beside what a JSON Schema says.
void check_cases(const core::Value& data, const std::string& pointer, core::Problems& problems);

}  // namespace millrace::nodes
