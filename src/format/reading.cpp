// SPDX-License-Identifier: Apache-2.0
#include "reading.hpp"

#include <algorithm>
#include <utility>

#include "millrace/core/json.hpp"
#include "names.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

// A large file of another kind would otherwise give a message for each of its lines.
constexpr std::size_t problems_max = 1000;

std::string word_list(std::span<const std::string_view> words) {
    std::string list;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
        list += words[i];
    }
    return list;
}

std::string_view first_character(std::string_view text, std::size_t max) {
    // Not in the middle of a character of several bytes.
    while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80)
        --max;
    return text.substr(0, max);
}

}  // namespace

std::string Path::pointer() const {
    if (parent_ == nullptr) return {};
    const std::string above = parent_->pointer();
    return std::visit([&](const auto& token) { return core::pointer_child(above, token); }, token_);
}

std::string_view Path::key() const {
    const auto* const key = std::get_if<std::string_view>(&token_);
    return key != nullptr ? *key : std::string_view{};
}

std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 60;
    std::string cut{text};
    if (text.size() > shown_max) cut = std::string{first_character(text, shown_max)} + "…";
    std::string out;
    core::append_json_string(out, cut);
    return out;
}

std::string shown(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: return "null";
        case Value::Kind::boolean: return value.as_bool() ? "true" : "false";
        case Value::Kind::integer:
        case Value::Kind::number: return "number " + core::to_json(value);
        case Value::Kind::string: return "text " + quoted(value.as_string());
        case Value::Kind::bytes: return "bytes";
        case Value::Kind::array: return "an array";
        case Value::Kind::object: return "an object";
    }
    return {};
}

void Reading::report(ProblemCode code, const Path& path, std::string message,
                     std::string suggestion) {
    if (problems.size() > problems_max) return;
    if (problems.size() == problems_max) {
        code = ProblemCode::limit;
        message = "there are more than " + std::to_string(problems_max) +
                  " problems; the others are not shown";
        suggestion.clear();
    }
    problems.push_back({code, path.pointer(), std::move(message), std::move(suggestion)});
}

void Reading::warn(ProblemCode code, const Path& path, std::string message) {
    if (warnings.size() >= problems_max) return;
    warnings.push_back({code, path.pointer(), std::move(message), {}});
}

void Reading::wrong_kind(const Value& value, const Path& path, std::string_view wanted) {
    std::string message = "expected " + std::string{wanted} + ", found " + shown(value);
    if (wanted.starts_with("text") && (value.is_number() || value.is_bool())) {
        message += "; put it in quotes";
    } else if (value.is_null()) {
        message += "; remove the key or give it a value";
    }
    report(ProblemCode::bad_value, path, std::move(message));
}

std::string Reading::text(const Value& value, const Path& path) {
    if (value.is_string()) return std::string{value.as_string()};
    wrong_kind(value, path, "text");
    return {};
}

std::string Reading::filled_text(const Value& value, const Path& path) {
    std::string read = text(value, path);
    if (value.is_string() && trimmed(read).empty()) {
        report(ProblemCode::bad_value, path, "the text is empty; fill it in or remove the key");
    }
    return read;
}

std::int64_t Reading::integer(const Value& value, const Path& path, IntegerRange range) {
    const std::string wanted =
        "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max);
    if (!value.is_integer()) {
        wrong_kind(value, path, wanted);
        return range.min;
    }
    const std::int64_t read = value.as_integer();
    if (read < range.min || read > range.max) wrong_kind(value, path, wanted);
    return std::clamp(read, range.min, range.max);
}

double Reading::number(const Value& value, const Path& path) {
    if (value.is_number()) return value.as_double();
    wrong_kind(value, path, "a number");
    return 0;
}

core::Duration Reading::duration(const Value& value, const Path& path, bool zero_allowed) {
    if (value.is_integer() && value.as_integer() >= 0) {
        // People who come from milliseconds write large numbers, the others small ones.
        const std::int64_t bare = value.as_integer();
        const std::string number = std::to_string(bare);
        report(ProblemCode::bad_duration, path,
               "duration " + number + " has no unit (ms, s, m, h or d)",
               number + (bare >= 1000 ? "ms" : "s"));
        return {};
    }
    if (!value.is_string()) {
        report(ProblemCode::bad_duration, path,
               "expected a duration such as 250ms, 5s, 10m, 2h or 1d, found " + shown(value));
        return {};
    }
    const core::Result<core::Duration> read = core::parse_duration(value.as_string());
    if (!read) {
        report(ProblemCode::bad_duration, path, read.error().message());
        return {};
    }
    if (read->ms == 0 && !zero_allowed) {
        report(ProblemCode::bad_value, path, "the duration must be longer than 0");
    }
    return *read;
}

std::string Reading::name(const Value& value, const Path& path, std::string_view what) {
    std::string read = text(value, path);
    if (value.is_string() && !is_name(read)) {
        report(ProblemCode::bad_value, path,
               quoted(read) + " is no " + std::string{what} +
                   "; use letters, digits and _, at most 64, not a digit first",
               suggest_name(read));
    }
    return read;
}

Value Reading::data(const Value& value, const Path& path) {
    core::Result<Value> decoded = core::decode_bytes(value);
    if (decoded) return *std::move(decoded);
    report(ProblemCode::bad_value, path, decoded.error().message());
    return {};
}

std::size_t Reading::word(const Value& value, const Path& path,
                          std::span<const std::string_view> words) {
    if (value.is_string()) {
        const auto found = std::ranges::find(words, value.as_string());
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
        report(ProblemCode::bad_value, path,
               "expected " + word_list(words) + ", found " + shown(value),
               core::nearest(value.as_string(), {words.begin(), words.end()}));
        return 0;
    }
    wrong_kind(value, path, word_list(words));
    return 0;
}

void Reading::unknown_key(std::string_view key, const Path& path, std::span<const Key> keys) {
    // Looking for the key that was meant takes longer than reading it did.
    if (problems.size() > problems_max) return;
    std::vector<std::string_view> names;
    for (const Key& known : keys)
        names.push_back(known.name);
    const std::string near = core::nearest(key, names);
    std::string message = "unknown key " + quoted(key);
    if (near.empty()) {
        message += "; known here: ";
        bool first = true;
        for (const Key& known : keys) {
            if (!known.executed) continue;
            message += (first ? "" : ", ") + std::string{known.name};
            first = false;
        }
    }
    report(ProblemCode::unknown_key, Path{path, key}, std::move(message), near);
}

bool Reading::object(const Value& value, const Path& path, std::span<const Key> keys,
                     std::vector<core::Member>* extensions) {
    if (!value.is_object()) {
        wrong_kind(value, path, "an object");
        return false;
    }
    for (const core::Member& member : value.as_object()) {
        if (extensions != nullptr && member.key.size() > 2 && member.key.starts_with("x-")) {
            extensions->push_back(member);
            continue;
        }
        const auto known = std::ranges::find(keys, std::string_view{member.key}, &Key::name);
        if (known == keys.end()) {
            unknown_key(member.key, path, keys);
        } else if (!known->executed) {
            report(ProblemCode::not_supported, Path{path, member.key},
                   "\"" + member.key + "\" is not executed by this version yet; remove it");
        }
    }
    return true;
}

bool Reading::array(const Value& value, const Path& path) {
    if (value.is_array()) return true;
    wrong_kind(value, path, "an array");
    return false;
}

const Value* Reading::require(const Value& object, const Path& path, std::string_view key,
                              std::string_view remedy) {
    const Value* const found = object.find(key);
    if (found == nullptr) {
        report(ProblemCode::missing_key, path,
               "key \"" + std::string{key} + "\" is missing; " + std::string{remedy});
    }
    return found;
}

}  // namespace millrace::format
