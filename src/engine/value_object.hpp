// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

// Two takers of the same description: one makes a Value of it, the other JSON. To show an execution
// to a caller costs half as much without the tree in between. Keys are not repeated.

namespace millrace::engine {

class ValueObject {
public:
    template <class T>
    ValueObject& set(std::string_view key, const T& value) {
        members_.push_back({std::string{key}, value_of(value)});
        return *this;
    }
    /// What `fill` says of the member's own object.
    template <class Fill>
    ValueObject& object(std::string_view key, Fill fill) {
        ValueObject inner;
        fill(inner);
        return set(key, std::move(inner).build());
    }
    /// An array of objects, of each of which `fill` says what it holds.
    template <class Items, class Fill>
    ValueObject& array(std::string_view key, const Items& items, Fill fill) {
        std::vector<core::Value> values;
        for (const auto& item : items) {
            ValueObject inner;
            fill(inner, item);
            values.push_back(std::move(inner).build());
        }
        return set(key, core::Value::array(std::move(values)));
    }
    core::Value build() && { return core::Value::object(std::move(members_)); }

private:
    template <class T>
    static core::Value value_of(const T& value) {
        return core::Value{value};
    }
    static core::Value value_of(core::Time time) { return core::Value{time.text()}; }
    template <class T>
    static core::Value value_of(const std::optional<T>& value) {
        return value ? value_of(*value) : core::Value{};
    }

    std::vector<core::Member> members_;
};

class JsonObject {
public:
    /// Appends the object to `out`; it is whole once this is destroyed.
    explicit JsonObject(std::string& out) : out_{out} { out_.push_back('{'); }
    ~JsonObject() { out_.push_back('}'); }
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    template <class T>
    JsonObject& set(std::string_view key, const T& value) {
        begin(key);
        write(value);
        return *this;
    }
    template <class Fill>
    JsonObject& object(std::string_view key, Fill fill) {
        begin(key);
        JsonObject inner{out_};
        fill(inner);
        return *this;
    }
    template <class Items, class Fill>
    JsonObject& array(std::string_view key, const Items& items, Fill fill) {
        begin(key);
        out_.push_back('[');
        bool is_first = true;
        for (const auto& item : items) {
            if (!std::exchange(is_first, false)) out_.push_back(',');
            JsonObject inner{out_};
            fill(inner, item);
        }
        out_.push_back(']');
        return *this;
    }

private:
    void begin(std::string_view key) {
        if (!std::exchange(is_empty_, false)) out_.push_back(',');
        // Nearly all keys are names in ASCII, which are written as they are.
        const bool is_plain =
            std::ranges::all_of(key, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); });
        if (!is_plain) {
            core::append_json_string(out_, key);
        } else {
            out_.push_back('"');
            out_.append(key);
            out_.push_back('"');
        }
        out_.push_back(':');
    }
    void write(const core::Value& value) { core::append_json(out_, value); }
    void write(std::string_view text) { core::append_json_string(out_, text); }
    void write(const std::string& text) { core::append_json_string(out_, text); }
    void write(core::Time time) { write(std::string_view{time.text()}); }
    void write(std::integral auto number) {
        char digits[20];
        const auto end = std::to_chars(digits, digits + sizeof(digits), number);
        out_.append(digits, end.ptr);
    }
    template <class T>
    void write(const std::optional<T>& value) {
        if (value) {
            write(*value);
        } else {
            out_ += "null";
        }
    }

    std::string& out_;
    bool is_empty_ = true;
};

}  // namespace millrace::engine
