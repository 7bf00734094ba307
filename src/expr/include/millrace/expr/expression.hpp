// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"
#include "millrace/expr/reference.hpp"

namespace millrace::expr {

/// Why a source was refused. All of them are `bad_expression` in documents.
enum class ExprErrc : std::uint8_t {
    syntax,        ///< no JavaScript expression
    not_native,    ///< JavaScript, but outside of what is evaluated natively: needs the sandbox
    unknown_name,  ///< an identifier that means nothing anywhere
    not_allowed,   ///< a root that does not exist at this place, or an incomplete path from one
    limit,         ///< too long or nested too deeply
};
std::string_view code_text(ExprErrc code);

/// A JavaScript value at the boundary. Integers beyond 2^53-1 are BigInts inside.
struct Operand {
    core::Value value;
    bool undefined = false;  ///< then `value` is null

    friend bool operator==(const Operand&, const Operand&) = default;
};

/// Deterministic cost: a unit per step evaluated and per byte or element produced. Running out
/// is a Failure of class `limit`, code `fuel_exhausted`. One account may serve several calls.
struct Fuel {
    std::uint64_t left = 1'000'000;
};

class Host;
struct Program;

/// One compiled JavaScript expression of the native subset. Immutable and shared: cheap to copy,
/// usable from any thread.
class Expression {
public:
    /// Accepts a bare expression, or the same as one whole `{{ … }}`. Fails with an `ExprErrc`;
    /// the message gives the column in `source`, what is wrong there and the remedy. The host
    /// outlives the expression; without one, what needs it is `not_native`.
    static core::Result<Expression> compile(std::string_view source, const RootSet& allowed,
                                            const Host* host = nullptr);

    /// Distinct, in order of first appearance.
    std::span<const Reference> references() const;
    std::string_view source() const;
    /// Reads nothing from outside, so that each evaluation gives the same.
    bool is_constant() const { return references().empty(); }

private:
    friend std::expected<Operand, core::Failure> evaluate(const Expression&,
                                                          std::span<const Operand>, Fuel&);

    explicit Expression(std::shared_ptr<const Program> program) : program_{std::move(program)} {}

    std::shared_ptr<const Program> program_;
};

/// `values[i]` belongs to `references()[i]` and only needs to live during the call. Gives exactly
/// JavaScript's result, with lone surrogates replaced by U+FFFD. Failures:
/// class `expression`: `undefined_property` (a property of null or undefined), `type_error`,
/// `range_error`, `not_native` (a property that JavaScript inherits, such as `x["toString"]`);
/// class `limit`: `fuel_exhausted`, `bigint_overflow` (beyond int64), `depth`.
/// Their `node_id` and `attempt` are for the caller to fill in.
std::expected<Operand, core::Failure> evaluate(const Expression& expression,
                                               std::span<const Operand> values, Fuel& fuel);

/// JavaScript's `Boolean(value)`: what a condition's result means.
bool is_truthy(const Operand& operand);

}  // namespace millrace::expr
