// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"

namespace millrace::nodes {

template <class E>
using Word = std::pair<std::string_view, E>;

/// Reads members of evaluated data that no schema has judged. A member that is missing or null
/// gives the fallback; so does a wrong one, and the first of those is kept as the failure
/// `bad_field`, which names the member and what may stand there.
class FieldReader {
public:
    /// `object` and `failure` outlive the reader; `pointer` is the object's place in `data`.
    FieldReader(const core::Value& object, std::string pointer,
                std::optional<core::Failure>& failure);

    template <class E, std::size_t N>
    E word(std::string_view key, const Word<E> (&words)[N], E fallback) {
        const std::optional<std::string_view> text = text_at(key);
        if (!text) return fallback;
        std::string known;
        for (const auto& [name, value] : words) {
            if (name == *text) return value;
            known += (known.empty() ? "" : ", ") + std::string{name};
        }
        refuse(key, "one of " + known);
        return fallback;
    }
    bool flag(std::string_view key, bool fallback);
    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                         std::int64_t max);
    double number(std::string_view key, double fallback, double min, double max);
    std::string text(std::string_view key, std::string_view fallback = {});
    bool has(std::string_view key) const { return find(key) != nullptr; }
    /// The member, or null pointer where it is missing or null.
    const core::Value* find(std::string_view key) const;
    /// `wanted` completes "must be".
    void refuse(std::string_view key, const std::string& wanted);

private:
    std::optional<std::string_view> text_at(std::string_view key);

    const core::Value& object_;
    std::string pointer_;
    std::optional<core::Failure>& failure_;
};

/// A value as a message shows it: short ones as JSON, others by their kind.
std::string shown(const core::Value& value);

/// The failure with `details.pointer`, unless it has details already.
core::Failure at_pointer(core::Failure failure, std::string_view pointer);

}  // namespace millrace::nodes
