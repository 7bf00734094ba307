// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/expression.hpp"

namespace millrace::expr {

struct PathProgram;

/// One compiled JSONPath query (RFC 9535) with all of its functions. Immutable and shared: cheap
/// to copy, usable from any thread.
///
/// Numbers compare as numbers, an integer exactly even with a double; bytes are equal to equal
/// bytes and else like nothing JSON has. `match` and `search` read I-Regexp (RFC 9485), in which
/// `^` and `$` are ordinary characters, and take time linear in the text.
class JsonPath {
public:
    /// Fails with `ExprErrc::syntax` or `limit`; the message gives the column in `source`, what is
    /// wrong there and the remedy. A pattern written in the query must be an I-Regexp; one that is
    /// read from data and is none matches nothing.
    static core::Result<JsonPath> parse(std::string_view source);

    /// What the query selects from `root`, in the RFC's order; a node that is selected twice is
    /// there twice. Fails with class `limit`: `fuel_exhausted`, or `pattern_limit` for a pattern
    /// from data that is too large.
    std::expected<std::vector<core::Value>, core::Failure> select(const core::Value& root,
                                                                  Fuel& fuel) const;

    /// Does it select anything? Stops at the first.
    std::expected<bool, core::Failure> exists(const core::Value& root, Fuel& fuel) const;

    std::string_view source() const;

private:
    explicit JsonPath(std::shared_ptr<const PathProgram> program) : program_{std::move(program)} {}

    std::shared_ptr<const PathProgram> program_;
};

}  // namespace millrace::expr
