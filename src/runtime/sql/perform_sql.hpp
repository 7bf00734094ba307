// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"
#include "surroundings.hpp"

namespace millrace::runtime {

/// Runs the statements on the file's database and gives `{rows, columns, changes, last_id}` of the
/// single one, or `{results, changes}` of several. With `once`, what a run has written is noted in
/// the table `millrace_once` in the same transaction; an attempt that finds its run there gives
/// what is noted and writes nothing.
///
/// Failures beside those of SqlConnection: `not_allowed`, `bad_parameters`, `too_many_rows`,
/// `result_too_large`.
std::expected<core::Value, core::Failure> perform_sql(const engine::SqlCall& call,
                                                      Surroundings& surroundings,
                                                      const AttemptFacts& facts);

}  // namespace millrace::runtime
