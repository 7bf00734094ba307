// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "field_reader.hpp"
#include "given_fields.hpp"
#include "items.hpp"
#include "text/regex/pattern.hpp"

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;

enum class RegexMode : std::uint8_t { test, match, match_all, replace, split };

constexpr Word<RegexMode> modes[]{{"test", RegexMode::test},
                                  {"match", RegexMode::match},
                                  {"match_all", RegexMode::match_all},
                                  {"replace", RegexMode::replace},
                                  {"split", RegexMode::split}};
constexpr std::int64_t limit_default = 100'000;
constexpr std::int64_t limit_max = 10'000'000;

/// Counts characters as JavaScript does, going forward only.
class Utf16Index {
public:
    explicit Utf16Index(std::string_view text) : text_{text} {}

    std::int64_t at(std::size_t byte) {
        for (; byte_ < byte; ++byte_) {
            const auto c = static_cast<unsigned char>(text_[byte_]);
            if ((c & 0xC0u) != 0x80u) index_ += c >= 0xF0u ? 2 : 1;
        }
        return index_;
    }

private:
    std::string_view text_;
    std::size_t byte_ = 0;
    std::int64_t index_ = 0;
};

Value text_or_null(std::string_view group) {
    return group.data() == nullptr ? Value{} : Value{group};
}

Value match_value(const Pattern& pattern, const Pattern::Match& match, Utf16Index& index) {
    std::vector<Value> captures;
    core::ObjectBuilder named;
    for (std::size_t i = 1; i < match.groups.size(); ++i) {
        captures.push_back(text_or_null(match.groups[i]));
        if (!pattern.group_names()[i].empty()) {
            named.set(pattern.group_names()[i], captures.back());
        }
    }
    return Value::object({{"match", match.groups[0]},
                          {"index", index.at(match.begin)},
                          {"captures", Value::array(std::move(captures))},
                          {"groups", std::move(named).build()}});
}

struct RegexWork {
    const engine::NodeCall& call;
    const Pattern& pattern;
    std::string_view text;
    std::size_t limit;
};

Failure too_many(const RegexWork& work) {
    return limit_failure("too_many_matches", "there are more than " + std::to_string(work.limit) +
                                                 " matches; raise `limit` or narrow the pattern");
}

engine::NodeOutcome match_all(const RegexWork& work) {
    std::vector<Value> found;
    ResultWeight weight{work.call};
    Utf16Index index{work.text};
    Matches matches{work.pattern, work.text};
    while (const auto match = matches.next()) {
        if (found.size() == work.limit) return too_many(work);
        found.push_back(match_value(work.pattern, *match, index));
        if (!weight.add(found.back())) return ResultWeight::failure(work.call);
    }
    return engine::Emit::out(Value::array(std::move(found)));
}

engine::NodeOutcome replace(const RegexWork& work, bool first_only) {
    const auto replacement = Replacement::parse(work.call.field("replacement").is_string()
                                                    ? work.call.field("replacement").as_string()
                                                    : std::string_view{},
                                                work.pattern);
    if (!replacement) {
        return at_pointer(
            engine::validation_failure("bad_replacement", "/replacement: " + replacement.error()),
            "/replacement");
    }
    std::string out;
    std::size_t done = 0;
    std::size_t count = 0;
    Matches matches{work.pattern, work.text};
    while (const auto match = matches.next()) {
        if (count++ == work.limit) return too_many(work);
        out += work.text.substr(done, match->begin - done);
        replacement->append(out, *match);
        done = match->end;
        if (out.size() > work.call.weight_max) return ResultWeight::failure(work.call);
        if (first_only) break;
    }
    out += work.text.substr(done);
    return engine::Emit::out(Value{out});
}

engine::NodeOutcome split(const RegexWork& work) {
    std::vector<Value> pieces;
    ResultWeight weight{work.call};
    std::size_t done = 0;
    const auto add = [&](std::size_t end) {
        pieces.emplace_back(work.text.substr(done, end - done));
        return weight.add(pieces.back());
    };
    Matches matches{work.pattern, work.text};
    while (const auto match = matches.next()) {
        // As in JavaScript, an empty match splits between characters, not at the ends.
        const bool is_empty = match->begin == match->end;
        if (is_empty && (match->begin == done || match->begin == work.text.size())) continue;
        if (pieces.size() == work.limit) return too_many(work);
        if (!add(match->begin)) return ResultWeight::failure(work.call);
        done = match->end;
    }
    if (!add(work.text.size())) return ResultWeight::failure(work.call);
    return engine::Emit::out(Value::array(std::move(pieces)));
}

class TextRegex final : public GivenFields<TextRegex> {
public:
    void check(const Value& data, const std::string& pointer,
               core::Problems& problems) const override {
        for (const char* const field : {"replacement", "first_only"})
            check_goes_with(data, pointer, field, "mode", "replace", "match", problems);
        const auto pattern = fixed_pattern(data);
        if (pattern && !*pattern) {
            add_problem(problems, core::ProblemCode::bad_value,
                        core::pointer_child(pointer, "pattern"), pattern->error());
        }
    }

    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        const RegexMode mode = fields.word("mode", modes, RegexMode::match);
        const auto limit =
            static_cast<std::size_t>(fields.integer("limit", limit_default, 1, limit_max));
        const bool first_only = fields.flag("first_only", false);
        const std::string source = fields.text("pattern");
        const std::string flags = fields.text("flags");
        if (failure) return *failure;
        const Value& text = given_or_input(call, "text");
        if (!text.is_string()) {
            return engine::validation_failure(
                "not_a_text", name_of(call, "text") + " is no text but " +
                                  std::string{core::kind_name(text)} +
                                  "; name the text by `text`, such as {{ input.NAME }}");
        }
        std::optional<Pattern> own = pattern_;
        if (!own) {
            auto compiled = Pattern::compile(source, flags);
            if (!compiled) {
                return at_pointer(
                    engine::validation_failure("bad_pattern", "/pattern: " + compiled.error()),
                    "/pattern");
            }
            own = *std::move(compiled);
        }
        return run({call, *own, text.as_string(), limit}, mode, first_only);
    }

private:
    /// A pattern that no template changes is compiled once.
    void keep(const Value& data) override {
        auto pattern = fixed_pattern(data);
        if (pattern && *pattern) pattern_ = std::move(**pattern);
    }

    static engine::NodeOutcome run(const RegexWork& work, RegexMode mode, bool first_only) {
        switch (mode) {
            case RegexMode::test: return engine::Emit::out(work.pattern.test(work.text));
            case RegexMode::match: {
                const auto match = work.pattern.find(work.text, 0);
                Utf16Index index{work.text};
                return engine::Emit::out(match ? match_value(work.pattern, *match, index)
                                               : Value{});
            }
            case RegexMode::match_all: return match_all(work);
            case RegexMode::replace: return replace(work, first_only);
            case RegexMode::split: return split(work);
        }
        return match_all(work);
    }

    /// What comes of a pattern whose text no template changes.
    static std::optional<std::expected<Pattern, std::string>> fixed_pattern(const Value& data) {
        const auto source = fixed_text(data, "pattern");
        const auto flags = fixed_text(data, "flags");
        if (!source || (!flags && data.find("flags") != nullptr)) return std::nullopt;
        return Pattern::compile(*source, flags.value_or(std::string_view{}));
    }

    std::optional<Pattern> pattern_;
};

}  // namespace

Behaviour text_regex() {
    return std::make_shared<TextRegex>();
}

}  // namespace millrace::nodes
