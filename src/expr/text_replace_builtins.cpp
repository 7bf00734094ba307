// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "builtins.hpp"
#include "text_units.hpp"
#include "utf16.hpp"

// replace and replaceAll with a text to look for. Patterns are regular expressions, which are not
// native.
namespace millrace::expr {

namespace {

class Replacement {
public:
    explicit Replacement(const Call& call) : call_{call} {}

    bool prepare();
    bool append_for(std::string& out, std::size_t place);
    const TextUnits& text() const { return *text_; }
    const TextUnits& needle() const { return *needle_; }

private:
    bool append_called(std::string& out, std::size_t place);
    void append_expanded(std::string& out, std::size_t place) const;

    const Call& call_;
    std::optional<TextUnits> text_;
    std::optional<TextUnits> needle_;
    std::string_view needle_text_;
    std::string_view template_;
    bool is_function_ = false;
};

bool Replacement::prepare() {
    text_ = receiver_units(call_);
    const auto needle = call_.text(0);
    if (!text_ || !needle) return false;
    needle_text_ = *needle;
    needle_.emplace(*needle);
    const Cell::Kind kind = call_.argument(1).kind;
    is_function_ = kind == Cell::Kind::function || kind == Cell::Kind::builtin;
    if (is_function_) return true;
    const auto replacement = call_.text(1);
    if (!replacement) return false;
    template_ = *replacement;
    return call_.evaluator.charge_scan(needle->size());
}

bool Replacement::append_called(std::string& out, std::size_t place) {
    const std::array arguments{Cell::of(needle_text_), Cell::of(static_cast<double>(place)),
                               call_.receiver};
    const Cell result = call_.evaluator.to_text(
        call_.evaluator.call(call_.argument(1), arguments, call_.node), call_.node);
    if (!result.has_result() || !call_.evaluator.charge(result.size)) return false;
    append_wtf8(out, result.text());
    return true;
}

// GetSubstitution without captures: `$1` and `$<` stand for themselves.
void Replacement::append_expanded(std::string& out, std::size_t place) const {
    const auto append = [&](std::string_view text) { append_wtf8(out, text); };
    std::string_view rest = template_;
    while (true) {
        const std::size_t mark = rest.find('$');
        append(rest.substr(0, mark));
        if (mark == std::string_view::npos) return;
        rest.remove_prefix(mark);
        const char kind = rest.size() > 1 ? rest[1] : '\0';
        if (kind == '$') {
            append("$");
        } else if (kind == '&') {
            append(needle_text_);
        } else if (kind == '`') {
            text_->append_slice(out, 0, place);
        } else if (kind == '\'') {
            text_->append_slice(out, place + needle_->size(), text_->size());
        } else {
            append("$");
            rest.remove_prefix(1);
            continue;
        }
        rest.remove_prefix(2);
    }
}

bool Replacement::append_for(std::string& out, std::size_t place) {
    if (is_function_) return append_called(out, place);
    // Before it is produced: each mark may bring all of the text.
    std::uint64_t units = template_.size();
    for (const char c : template_)
        if (c == '$') units += call_.receiver.size;
    if (template_.find_first_of("&`'") == std::string_view::npos) units = template_.size();
    if (!call_.evaluator.charge(units)) return false;
    append_expanded(out, place);
    return true;
}

Cell finished(const Call& call, const std::string& text) {
    return Cell::of(call.evaluator.keep_text(text));
}

Cell replace(Call& call) {
    Replacement replacement{call};
    if (!replacement.prepare()) return Evaluator::failed();
    const TextUnits& text = replacement.text();
    const std::size_t place = text.find(replacement.needle(), 0);
    if (place == TextUnits::npos) return call.receiver;
    if (!call.evaluator.charge(call.receiver.size)) return Evaluator::failed();
    std::string out;
    text.append_slice(out, 0, place);
    if (!replacement.append_for(out, place)) return Evaluator::failed();
    text.append_slice(out, place + replacement.needle().size(), text.size());
    return finished(call, out);
}

Cell replace_all(Call& call) {
    Replacement replacement{call};
    if (!replacement.prepare()) return Evaluator::failed();
    const TextUnits& text = replacement.text();
    const std::size_t size = replacement.needle().size();
    if (!call.evaluator.charge(call.receiver.size)) return Evaluator::failed();
    std::string out;
    std::size_t done = 0;
    std::size_t place = text.find(replacement.needle(), 0);
    while (place != TextUnits::npos) {
        if (!call.evaluator.charge(1)) return Evaluator::failed();
        text.append_slice(out, done, place);
        if (!replacement.append_for(out, place)) return Evaluator::failed();
        done = place + size;
        // An empty text is found before each unit and at the end.
        place = text.find(replacement.needle(), size == 0 ? place + 1 : done);
    }
    text.append_slice(out, done, text.size());
    return finished(call, out);
}

constexpr auto table = std::to_array<Builtin>({
    {"string", "replace", &replace, "text, replacement"},
    {"string", "replaceAll", &replace_all, "text, replacement"},
});

}  // namespace

std::span<const Builtin> text_replace_builtins() {
    return table;
}

}  // namespace millrace::expr
