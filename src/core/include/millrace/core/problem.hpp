// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/value.hpp"

namespace millrace::core {

/// Stable codes of everything that can be wrong with a workflow document.
enum class ProblemCode : std::uint8_t {
    syntax,
    bad_format_version,
    unknown_key,
    missing_key,
    bad_value,
    not_supported,
    schema,
    duplicate_id,
    unknown_type,
    unknown_node,
    unknown_port,
    wrong_port_kind,
    incompatible_types,
    missing_connection,
    ambiguous_fan_in,
    cycle,
    bad_scope,
    bad_expression,
    bad_duration,
    plain_secret,
    limit,
};

std::string_view to_text(ProblemCode code);

/// One thing wrong with a document, and how to mend it.
struct Problem {
    ProblemCode code = ProblemCode::bad_value;
    std::string path;  ///< JSON Pointer (RFC 6901) into the document; empty is the whole
    std::string message;
    std::string suggestion;  ///< the text to put instead; empty when there is none
    /// Place in the source, counted from 1; 0 until `format::locate` has filled it in.
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

using Problems = std::vector<Problem>;

/// Appends `/token` to a JSON Pointer, with `~` and `/` escaped.
std::string pointer_child(std::string_view pointer, std::string_view token);
std::string pointer_child(std::string_view pointer, std::size_t index);

/// The candidate at the smallest edit distance from `word`, when it is near enough to be a typing
/// mistake; else empty. Ties go to the earlier candidate.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace millrace::core
