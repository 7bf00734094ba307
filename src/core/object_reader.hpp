// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/value.hpp"

namespace millrace::core {

/// Reads typed members of an object; remembers what was wrong with the first bad one, so that the
/// caller checks once, at the end. The object outlives the reader.
class ObjectReader {
public:
    explicit ObjectReader(const Value& object) : object_{object} {}

    std::string text(std::string_view key, bool required);
    /// False when there is none.
    bool boolean(std::string_view key);
    /// From 0 to `most`.
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t most);
    void reject(std::string_view key, std::string_view what);

    /// Empty while nothing is wrong.
    const std::string& complaint() const { return complaint_; }

private:
    const Value* field(std::string_view key, Value::Kind kind, std::string_view kind_text);

    const Value& object_;
    std::string complaint_;
};

}  // namespace millrace::core
