// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "keys.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// Where a value stands in the document: a list through the callers' frames, which becomes text
/// only for a problem. Lives as long as the expression that reads the value.
class Path {
public:
    Path() = default;
    Path(const Path& parent, std::string_view token) : parent_{&parent}, token_{token} {}
    Path(const Path& parent, std::size_t index) : parent_{&parent}, token_{index} {}

    /// As an RFC 6901 pointer.
    std::string pointer() const;
    std::string_view key() const;

private:
    const Path* parent_ = nullptr;
    std::variant<std::string_view, std::size_t> token_;
};

struct IntegerRange {
    std::int64_t min;
    std::int64_t max;
};

/// One reading of one document. The readers of its parts report here and go on, so that one go
/// tells everything; what they give back for a bad value is of no use to anybody.
class Reading {
public:
    core::Problems problems;
    core::Problems warnings;

    void report(core::ProblemCode code, const Path& path, std::string message,
                std::string suggestion = {});
    void warn(core::ProblemCode code, const Path& path, std::string message);

    std::string text(const core::Value& value, const Path& path);
    /// Text that is not empty.
    std::string filled_text(const core::Value& value, const Path& path);
    std::int64_t integer(const core::Value& value, const Path& path, IntegerRange range);
    double number(const core::Value& value, const Path& path);
    /// Longer than nothing, unless `zero_allowed`.
    core::Duration duration(const core::Value& value, const Path& path, bool zero_allowed = false);
    /// A node id, port or variable; `what` names it in the message.
    std::string name(const core::Value& value, const Path& path, std::string_view what);
    /// Any value; `{$bytes: …}` in it become bytes.
    core::Value data(const core::Value& value, const Path& path);
    /// One of `words`; the index of the first when it is none.
    std::size_t word(const core::Value& value, const Path& path,
                     std::span<const std::string_view> words);

    /// Is it an object, with known keys only? Reports what is not, and every unknown key and key
    /// that is not executed. `x-…` keys are known where `extensions` is given, and collected.
    bool object(const core::Value& value, const Path& path, std::span<const Key> keys,
                std::vector<core::Member>* extensions = nullptr);
    bool array(const core::Value& value, const Path& path);
    /// The member, reported as missing when it is not there.
    const core::Value* require(const core::Value& object, const Path& path, std::string_view key,
                               std::string_view remedy);

    /// Reports that `value` should be `wanted`.
    void wrong_kind(const core::Value& value, const Path& path, std::string_view wanted);

private:
    void unknown_key(std::string_view key, const Path& path, std::span<const Key> keys);
};

/// `text "abc"`, `number 5`, `an array`: a value as messages show it.
std::string shown(const core::Value& value);
/// In double quotes, cut when it is long.
std::string quoted(std::string_view text);

}  // namespace millrace::format
