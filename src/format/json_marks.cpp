// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "millrace/format/json.hpp"
#include "source_reader.hpp"

namespace millrace::format {

namespace {

/// Walks over a JSON text that is known to be well-formed, so it looks at structure only.
class JsonMarker {
public:
    explicit JsonMarker(std::string_view text) : text_{text} {}

    void run(PathMarks& root) {
        begin_value(&root);
        while (at_ < text_.size())
            step();
    }

private:
    struct Level {
        bool is_object = false;
        bool has_key = false;
        std::size_t index = 0;
        PathMarks* marks = nullptr;
        PathMarks* child = nullptr;
    };

    void step() {
        switch (text_[at_]) {
            case ' ':
            case '\t':
            case '\r':
            case '\n': ++at_; return;
            case ':': next_value(levels_.back().child); return;
            case ',': next_member(); return;
            case '{': open(true); return;
            case '[': open(false); return;
            case '}':
            case ']':
                levels_.pop_back();
                ++at_;
                return;
            case '"': string(); return;
            default: ++at_; return;  // the inside of a number or a word
        }
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\r' || text_[at_] == '\n')) {
            ++at_;
        }
    }

    /// Counts on from the last asked place: offsets only grow.
    core::TextPosition position(std::size_t offset) {
        for (; counted_ < offset; ++counted_) {
            if (text_[counted_] == '\n') {
                ++place_.line;
                line_begin_ = counted_ + 1;
            }
        }
        place_.column = offset - line_begin_ + 1;
        return place_;
    }

    void begin_value(PathMarks* marks) {
        skip_space();
        pending_ = marks;
        if (marks != nullptr) marks->value = position(at_);
    }

    void next_value(PathMarks* marks) {
        ++at_;
        begin_value(marks);
    }

    void next_member() {
        Level& level = levels_.back();
        ++level.index;
        level.has_key = false;
        ++at_;
        if (!level.is_object) begin_element(level);
    }

    void begin_element(Level& level) {
        level.child = level.marks != nullptr ? level.marks->child(level.index) : nullptr;
        begin_value(level.child);
    }

    void open(bool is_object) {
        levels_.push_back({.is_object = is_object, .marks = pending_});
        ++at_;
        skip_space();
        if (!is_object && text_[at_] != ']') begin_element(levels_.back());
    }

    void string() {
        const std::size_t begin = at_++;
        while (text_[at_] != '"')
            at_ += text_[at_] == '\\' ? 2 : 1;
        ++at_;
        if (levels_.empty() || !levels_.back().is_object || levels_.back().has_key) return;
        Level& level = levels_.back();
        level.has_key = true;
        level.child = nullptr;
        if (level.marks == nullptr || level.marks->children.empty()) return;
        const core::Result<core::Value> key = core::parse_json(text_.substr(begin, at_ - begin));
        if (!key) return;
        level.child = level.marks->child(key->as_string());
        if (level.child != nullptr) level.child->key = position(begin);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Level> levels_;
    PathMarks* pending_ = nullptr;  ///< of the value that begins at `at_`
    core::TextPosition place_;
    std::size_t counted_ = 0;  ///< `place_` knows the lines before this offset
    std::size_t line_begin_ = 0;
};

/// Splits `12:7: message`, the form of core's errors.
core::Problem problem_of(const core::Error& error) {
    core::Problem problem;
    problem.code =
        error.is(core::JsonErrc::limit) ? core::ProblemCode::limit : core::ProblemCode::syntax;
    std::string_view rest = error.message();
    std::uint32_t numbers[2] = {};
    for (std::uint32_t& number : numbers) {
        std::size_t digits = 0;
        while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
            number = number * 10 + static_cast<std::uint32_t>(rest[digits] - '0');
            ++digits;
        }
        if (digits == 0 || digits == rest.size() || rest[digits] != ':') {
            problem.message = error.message();
            return problem;
        }
        rest.remove_prefix(digits + 1);
    }
    problem.line = numbers[0];
    problem.column = numbers[1];
    problem.message = rest.substr(rest.starts_with(' ') ? 1 : 0);
    return problem;
}

}  // namespace

void mark_json(std::string_view text, PathMarks& marks) {
    JsonMarker{without_bom(text)}.run(marks);
}

TreeRead read_json_tree(std::string_view text, const DocumentLimits& limits) {
    const core::JsonLimits json_limits{
        .depth_max = limits.depth_max, .bytes_max = limits.bytes_max, .duplicate_keys = false};
    TreeRead read;
    core::Result<core::Value> value = read_json(without_bom(text), json_limits);
    if (value) {
        read.value = *std::move(value);
    } else {
        read.problems.push_back(problem_of(value.error()));
    }
    return read;
}

}  // namespace millrace::format
