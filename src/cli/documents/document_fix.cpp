// SPDX-License-Identifier: Apache-2.0
#include "documents/document_fix.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "documents/document_file.hpp"

namespace millrace::cli {
namespace {

using core::Problem;
using core::ProblemCode;

// Each round mends at least one problem or is the last; what is left then is for a person.
constexpr std::size_t rounds_max = 20;
// Over all rounds: each reads and compiles the whole document.
constexpr std::size_t single_tries_max = 100;

/// Replaces `size` bytes at `offset`.
struct Edit {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::string text;
    ProblemCode code = ProblemCode::unknown_key;
    std::size_t line = 0;
};

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/// Nothing that YAML or JSON would read otherwise than as the characters that it consists of.
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_word_character(c) || c == '.' || c == '@';
    });
}

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

/// Is no other candidate as near to the word as the one that was suggested?
bool is_only_near(std::string_view word, std::string_view suggested,
                  std::span<const std::string> candidates) {
    constexpr std::size_t compared_max = 256;
    if (word.size() > compared_max) return false;
    const std::size_t near = distance(word, suggested);
    return std::ranges::none_of(candidates, [&](const std::string& candidate) {
        return candidate != suggested && candidate.size() <= compared_max &&
               distance(word, candidate) <= near;
    });
}

const core::Value* at_path(const core::Value& root, std::string_view pointer) {
    const core::Value* value = &root;
    while (!pointer.empty() && value != nullptr) {
        pointer.remove_prefix(1);
        const std::size_t end = std::min(pointer.find('/'), pointer.size());
        const std::string token{pointer.substr(0, end)};
        // Escaped keys are none that a fix would be known for.
        if (token.find('~') != std::string::npos) return nullptr;
        pointer.remove_prefix(end);
        if (value->is_array()) {
            std::size_t index = 0;
            for (const char c : token)
                index = c >= '0' && c <= '9' && index < 1'000'000
                            ? index * 10 + static_cast<std::size_t>(c - '0')
                            : value->size();
            value = index < value->size() ? &value->as_array()[index] : nullptr;
        } else {
            value = value->find(token);
        }
    }
    return value;
}

/// Finds the edits of one state of a text.
class Mender {
public:
    Mender(const format::SourceText& source, const CheckedDocument& checked,
           const engine::NodeLibrary& library)
        : source_{source}, types_{library.names()} {
        if (auto read = format::read_tree(source); read.value) tree_ = std::move(*read.value);
        const core::Value* const nodes = tree_.find("nodes");
        if (nodes != nullptr && nodes->is_array()) {
            for (const core::Value& node : nodes->as_array()) {
                const core::Value* const id = node.find("id");
                if (id != nullptr && id->is_string()) nodes_.emplace_back(id->as_string());
            }
        }
        std::set<std::size_t> taken;
        for (const Problem& problem : checked.problems) {
            std::optional<Edit> edit = edit_for(problem);
            if (!edit || !taken.insert(edit->offset).second) continue;
            edit->code = problem.code;
            edit->line = problem.line;
            edits_.push_back(std::move(*edit));
        }
        std::ranges::sort(edits_, {}, &Edit::offset);
    }

    std::vector<Edit> take() { return std::move(edits_); }

private:
    std::optional<Edit> edit_for(const Problem& problem) const {
        if (problem.line == 0) return std::nullopt;
        const core::Value* const value = at_path(tree_, problem.path);
        if (value == nullptr) return std::nullopt;
        if (problem.code == ProblemCode::bad_duration) return duration(problem, *value);
        if (!is_plain(problem.suggestion)) return std::nullopt;
        switch (problem.code) {
            case ProblemCode::unknown_key: return key(problem);
            case ProblemCode::unknown_type: return type(problem, *value);
            case ProblemCode::unknown_node: return node(problem, *value);
            case ProblemCode::unknown_port: return port(problem, *value);
            case ProblemCode::bad_value:
                if (!value->is_string()) return std::nullopt;
                return word(problem, value->as_string(), problem.suggestion);
            default: return std::nullopt;
        }
    }

    /// Where the problem's line and column lead.
    std::optional<std::size_t> offset_of(const Problem& problem) const {
        const std::string& text = source_.text;
        std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
        for (std::size_t line = 1; line < problem.line; ++line) {
            at = text.find('\n', at);
            if (at == std::string::npos) return std::nullopt;
            ++at;
        }
        at += problem.column - 1;
        return at < text.size() ? std::optional{at} : std::nullopt;
    }

    /// Replaces `before`, which must stand at the place, quoted or not.
    std::optional<Edit> word(const Problem& problem, std::string_view before,
                             std::string_view after) const {
        std::optional<std::size_t> at = offset_of(problem);
        if (!at || before.empty()) return std::nullopt;
        const std::string_view text = source_.text;
        if (text[*at] == '"' || text[*at] == '\'') ++*at;
        const std::size_t end = *at + before.size();
        if (text.substr(*at, before.size()) != before) return std::nullopt;
        if (end < text.size() && is_word_character(text[end]) && is_word_character(before.back()))
            return std::nullopt;
        return Edit{*at, before.size(), std::string{after}};
    }

    std::optional<Edit> key(const Problem& problem) const {
        const std::size_t slash = problem.path.rfind('/');
        const core::Value* const parent = at_path(tree_, problem.path.substr(0, slash));
        // A key that is there already is not what this one was meant to be.
        if (parent == nullptr || parent->find(problem.suggestion) != nullptr) return std::nullopt;
        return word(problem, std::string_view{problem.path}.substr(slash + 1), problem.suggestion);
    }

    std::optional<Edit> duration(const Problem& problem, const core::Value& value) const {
        if (!value.is_integer() || value.as_integer() < 0) return std::nullopt;
        const std::string number = std::to_string(value.as_integer());
        constexpr std::int64_t milliseconds_from = 1'000;
        std::string with_unit = !problem.suggestion.empty()              ? problem.suggestion
                                : value.as_integer() < milliseconds_from ? number + "s"
                                                                         : number + "ms";
        const std::optional<std::size_t> at = offset_of(problem);
        if (!at) return std::nullopt;
        if (source_.syntax == format::Syntax::json) with_unit = "\"" + with_unit + "\"";
        return word(problem, number, with_unit);
    }

    std::optional<Edit> type(const Problem& problem, const core::Value& value) const {
        if (!value.is_string()) return std::nullopt;
        const std::string_view name = value.as_string().substr(0, value.as_string().find('@'));
        if (!is_only_near(name, problem.suggestion, types_)) return std::nullopt;
        return word(problem, name, problem.suggestion);
    }

    /// The word of a chain `a -> b.x` that `is_meant` picks, when it is exactly one.
    template <class Picks>
    std::optional<Edit> in_chain(const Problem& problem, std::string_view chain,
                                 Picks replacement) const {
        std::optional<std::size_t> at = offset_of(problem);
        if (!at) return std::nullopt;
        const std::string_view text = source_.text;
        if (text[*at] == '"' || text[*at] == '\'') ++*at;
        // Only where the text shows the chain as it is: neither folded nor escaped.
        if (text.substr(*at, chain.size()) != chain) return std::nullopt;
        std::optional<Edit> found;
        for (std::size_t begin = 0; begin < chain.size();) {
            if (!is_word_character(chain[begin])) {
                ++begin;
                continue;
            }
            std::size_t end = begin;
            while (end < chain.size() && (is_word_character(chain[end]) || chain[end] == '.') &&
                   chain.substr(end, 2) != "->")
                ++end;
            const std::string_view whole = chain.substr(begin, end - begin);
            if (const auto edit = replacement(whole)) {
                if (found) return std::nullopt;
                found = Edit{*at + begin + edit->offset, edit->size, edit->text};
            }
            begin = std::max(end, begin + 1);
        }
        return found;
    }

    std::optional<Edit> node(const Problem& problem, const core::Value& value) const {
        if (!value.is_string()) return std::nullopt;
        const auto replacement = [&](std::string_view whole) -> std::optional<Edit> {
            const std::string_view name = whole.substr(0, whole.find('.'));
            const bool is_known = std::ranges::find(nodes_, name) != nodes_.end();
            const std::string near = core::nearest(name, {nodes_.begin(), nodes_.end()});
            if (is_known || near != problem.suggestion || !is_only_near(name, near, nodes_))
                return std::nullopt;
            return Edit{0, name.size(), near};
        };
        return in_chain(problem, value.as_string(), replacement);
    }

    std::optional<Edit> port(const Problem& problem, const core::Value& value) const {
        const std::string_view suggestion = problem.suggestion;
        const std::size_t dot = suggestion.find('.');
        if (!value.is_string() || dot == std::string_view::npos) return std::nullopt;
        const std::string_view node = suggestion.substr(0, dot + 1);
        const auto replacement = [&](std::string_view whole) -> std::optional<Edit> {
            if (!whole.starts_with(node) || whole == suggestion) return std::nullopt;
            const std::string_view port = whole.substr(node.size());
            const std::string near = core::nearest(port, {suggestion.substr(dot + 1)});
            if (near.empty()) return std::nullopt;
            return Edit{node.size(), port.size(), near};
        };
        return in_chain(problem, value.as_string(), replacement);
    }

    const format::SourceText& source_;
    std::vector<std::string> types_;
    std::vector<std::string> nodes_;
    core::Value tree_;
    std::vector<Edit> edits_;
};

format::SourceText edited(const format::SourceText& source, std::span<const Edit> edits) {
    format::SourceText result = source;
    for (std::size_t i = edits.size(); i-- > 0;)
        result.text.replace(edits[i].offset, edits[i].size, edits[i].text);
    return result;
}

/// A text that cannot be read has one problem, however bad it is.
bool is_unreadable(const CheckedDocument& checked) {
    return std::ranges::any_of(checked.problems, [](const Problem& problem) {
        return problem.code == ProblemCode::syntax || problem.code == ProblemCode::limit ||
               problem.code == ProblemCode::duplicate_id;
    });
}

struct Attempt {
    format::SourceText source;
    CheckedDocument checked;
};

/// The text with the edits, when it is no worse for them.
std::optional<Attempt> attempt(const format::SourceText& source, const CheckedDocument& before,
                               std::span<const Edit> edits, const engine::NodeLibrary& library) {
    Attempt after{edited(source, edits), {}};
    after.checked = check_document(after.source, library);
    const bool is_worse = after.checked.problems.size() > before.problems.size() ||
                          (is_unreadable(after.checked) && !is_unreadable(before));
    return is_worse ? std::nullopt : std::optional{std::move(after)};
}

void note(FixedText& fixed, const std::string& text, std::span<const Edit> edits) {
    for (const Edit& edit : edits)
        fixed.fixes.push_back(
            {edit.code, edit.line, text.substr(edit.offset, edit.size), edit.text});
}

}  // namespace

FixedText fix_document(const format::SourceText& source, const engine::NodeLibrary& library) {
    FixedText fixed;
    Attempt now{source, check_document(source, library)};
    std::size_t tries_left = single_tries_max;
    // Texts so far, each with the number of fixes that led to it.
    std::vector<std::pair<std::string, std::size_t>> seen;
    for (std::size_t round = 0; round < rounds_max && !now.checked.problems.empty(); ++round) {
        const std::vector<Edit> edits = Mender{now.source, now.checked, library}.take();
        if (edits.empty()) break;
        const std::size_t fixes_before = fixed.fixes.size();
        std::optional<Attempt> better = attempt(now.source, now.checked, edits, library);
        if (better) note(fixed, now.source.text, edits);
        // One of them may spoil what the others mend.
        for (std::size_t i = 0; !better && i < edits.size() && tries_left > 0; ++i, --tries_left) {
            const std::span<const Edit> one{&edits[i], 1};
            better = attempt(now.source, now.checked, one, library);
            if (better) note(fixed, now.source.text, one);
        }
        if (!better) break;
        // Two suggestions that lead to one another mend nothing.
        seen.emplace_back(now.source.text, fixes_before);
        const auto same = std::ranges::find(seen, better->source.text,
                                            &std::pair<std::string, std::size_t>::first);
        now = std::move(*better);
        if (same == seen.end()) continue;
        fixed.fixes.resize(same->second);
        break;
    }
    fixed.text = std::move(now.source.text);
    std::ranges::stable_sort(fixed.fixes, {}, &AppliedFix::line);
    return fixed;
}

}  // namespace millrace::cli
