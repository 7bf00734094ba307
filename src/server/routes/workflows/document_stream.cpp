// SPDX-License-Identifier: Apache-2.0
#include "routes/workflows/document_stream.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "api/request_body.hpp"

namespace millrace::server {
namespace {

/// Walks JSON that is known to be well-formed.
class JsonWalk {
public:
    explicit JsonWalk(std::string_view text) : text_{text} {}

    char next() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    void take() { ++at_; }
    std::size_t place() const { return at_; }

    /// Over one value of any kind.
    void skip_value() {
        skip_space();
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == ']' || c == '}')) return;
            if (c == '"') {
                skip_text();
            } else {
                if (c == '[' || c == '{') ++depth;
                if (c == ']' || c == '}') --depth;
                ++at_;
            }
            const bool was_closed = c == '"' || c == ']' || c == '}';
            if (depth == 0 && was_closed) return;
        }
    }

private:
    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    void skip_text() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
            if (text_[at_] == '\\') ++at_;
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

DocumentPiece piece_at(const format::SourceText& whole, std::size_t begin, std::size_t end) {
    const std::string_view before = std::string_view{whole.text}.substr(0, begin);
    const std::size_t line_begin = before.rfind('\n') + 1;  // 0 when there is none
    DocumentPiece piece;
    piece.source = {whole.name, whole.text.substr(begin, end - begin), whole.syntax};
    piece.lines_before = static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
    piece.columns_before = static_cast<std::uint32_t>(begin - line_begin);
    return piece;
}

std::vector<DocumentPiece> elements(const format::SourceText& whole, JsonWalk walk) {
    std::vector<DocumentPiece> pieces;
    walk.take();
    while (walk.next() != ']' && walk.next() != '\0') {
        const std::size_t begin = walk.place();
        walk.skip_value();
        pieces.push_back(piece_at(whole, begin, walk.place()));
        if (walk.next() == ',') walk.take();
    }
    return pieces;
}

std::vector<DocumentPiece> json_pieces(const format::SourceText& whole, const core::Value& value) {
    JsonWalk walk{whole.text};
    if (walk.next() == '[') return elements(whole, walk);
    const core::Value* const items = value.find("items");
    if (items == nullptr || !items->is_array() || value.find("nodes") != nullptr)
        return {piece_at(whole, 0, whole.text.size())};
    walk.take();
    while (walk.next() == '"') {
        const std::size_t begin = walk.place();
        walk.skip_value();
        const std::string_view key =
            std::string_view{whole.text}.substr(begin, walk.place() - begin);
        walk.next();
        walk.take();  // the colon
        if (key == "\"items\"" && walk.next() == '[') return elements(whole, walk);
        walk.skip_value();
        if (walk.next() == ',') walk.take();
    }
    return {};
}

bool is_blank(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.starts_with("---")) line.remove_prefix(3);
        if (line.starts_with("...")) line.remove_prefix(3);
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#') return false;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return true;
}

/// A line that begins with `---` ends a document wherever it stands: YAML forbids it elsewhere.
bool is_marker(std::string_view text, std::size_t at) {
    if (text.substr(at, 3) != "---") return false;
    const std::size_t after = at + 3;
    return after >= text.size() ||
           std::string_view{" \t\r\n"}.find(text[after]) != std::string_view::npos;
}

std::vector<DocumentPiece> yaml_pieces(const format::SourceText& whole) {
    std::vector<DocumentPiece> pieces;
    const std::string_view text = whole.text;
    std::size_t begin = 0;
    const auto add = [&](std::size_t end) {
        if (!is_blank(text.substr(begin, end - begin)))
            pieces.push_back(piece_at(whole, begin, end));
        begin = end;
    };
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        if (is_marker(text, at + 1)) add(at + 1);
    }
    add(text.size());
    return pieces;
}

}  // namespace

std::expected<std::vector<DocumentPiece>, Problem> split_documents(const format::SourceText& text) {
    if (text.syntax == format::Syntax::yaml) return yaml_pieces(text);
    const auto value = read_body(text.text, format::Syntax::json);
    if (!value) return std::unexpected(value.error());
    return json_pieces(text, *value);
}

void place_in_whole(const DocumentPiece& piece, std::size_t index, core::Problems& problems) {
    for (core::Problem& problem : problems) {
        problem.path.insert(0, "/" + std::to_string(index));
        if (problem.line == 0) continue;
        if (problem.line == 1) problem.column += piece.columns_before;
        problem.line += piece.lines_before;
    }
}

}  // namespace millrace::server
