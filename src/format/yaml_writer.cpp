// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "millrace/core/json.hpp"
#include "millrace/format/writer.hpp"
#include "yaml_text.hpp"

namespace millrace::format {

using core::Value;

namespace {

constexpr std::size_t line_width = 100;
constexpr std::size_t flow_width = 88;
// Longer keys need the explicit form: readers look for the colon within 1024 characters.
constexpr std::size_t short_key_max = 900;
/// The document, its lists and their entries are blocks; what lies below may go on one line.
constexpr std::size_t flow_map_depth = 3;

bool is_collection(const Value& value) {
    return (value.is_array() || value.is_object()) && value.size() > 0;
}

/// Writes `value` on one line, or gives up when that takes more than `budget` characters.
class FlowWriter {
public:
    explicit FlowWriter(std::size_t budget) : budget_{budget} {}

    bool write(const Value& value) {
        if (!is_collection(value)) return append(yaml_scalar(value, true));
        if (value.is_array()) return write_array(value);
        return write_object(value);
    }
    const std::string& text() const { return text_; }

private:
    bool append(std::string_view part) {
        text_ += part;
        return text_.size() <= budget_;
    }

    bool write_array(const Value& value) {
        bool first = true;
        for (const Value& element : value.as_array()) {
            if (!append(first ? "[" : ", ") || !write(element)) return false;
            first = false;
        }
        return append("]");
    }

    bool write_object(const Value& value) {
        bool first = true;
        for (const core::Member& member : value.as_object()) {
            if (!append(first ? "{ " : ", ")) return false;
            if (!append(yaml_string(member.key, true)) || !append(": ")) return false;
            if (!write(member.value)) return false;
            first = false;
        }
        return append(" }");
    }

    std::size_t budget_;
    std::string text_;
};

class BlockWriter {
public:
    std::string run(const Value& value) {
        if (is_collection(value)) {
            collection(value, 0, 0);
        } else {
            out_ = yaml_scalar(value, false) + "\n";
        }
        return std::move(out_);
    }

private:
    /// At the beginning of the first line, whose indent has been written.
    void collection(const Value& value, std::size_t indent, std::size_t depth) {
        bool first = true;
        if (value.is_array()) {
            for (const Value& element : value.as_array()) {
                begin_line(indent, first);
                out_ += '-';
                item(element, indent, depth + 1);
            }
            return;
        }
        for (const core::Member& member : value.as_object()) {
            begin_line(indent, first);
            key(member.key, indent);
            member_value(member.value, indent, depth + 1);
        }
    }

    void begin_line(std::size_t indent, bool& first) {
        if (!first) out_.append(indent, ' ');
        first = false;
    }

    void key(const std::string& text, std::size_t indent) {
        const std::string written = yaml_string(text, false);
        if (written.size() <= short_key_max) {
            out_ += written + ":";
            return;
        }
        out_ += "? " + written + "\n";
        out_.append(indent, ' ');
        out_ += ":";
    }

    void item(const Value& value, std::size_t indent, std::size_t depth) {
        if (write_on_line(value, indent, depth)) return;
        if (value.is_array()) {
            below(value, indent + 2, depth);
            return;
        }
        out_ += ' ';
        collection(value, indent + 2, depth);
    }

    void member_value(const Value& value, std::size_t indent, std::size_t depth) {
        if (!write_on_line(value, indent, depth)) below(value, indent + 2, depth);
    }

    void below(const Value& value, std::size_t indent, std::size_t depth) {
        out_ += '\n';
        out_.append(indent, ' ');
        collection(value, indent, depth);
    }

    /// Leaves, literal blocks, and collections that are small enough.
    bool write_on_line(const Value& value, std::size_t indent, std::size_t depth) {
        if (value.is_string() && fits_literal_block(value.as_string())) {
            literal_block(value.as_string(), indent + 2);
            return true;
        }
        if (!is_collection(value)) {
            out_ += " " + yaml_scalar(value, false) + "\n";
            return true;
        }
        if (!may_flow(value, depth)) return false;
        const std::size_t column = out_.size() - (out_.rfind('\n') + 1);
        if (column + 3 >= line_width) return false;
        FlowWriter flow{std::min(flow_width, line_width - column - 3)};
        if (!flow.write(value)) return false;
        out_ += " " + flow.text() + "\n";
        return true;
    }

    static bool may_flow(const Value& value, std::size_t depth) {
        if (depth >= flow_map_depth) return true;
        return value.is_array() && std::ranges::none_of(value.as_array(), is_collection) &&
               std::ranges::none_of(value.as_array(), is_arrow);
    }

    /// Connections read better one below the other.
    static bool is_arrow(const Value& value) {
        return value.is_string() && value.as_string().find(" -> ") != std::string_view::npos;
    }

    void literal_block(std::string_view text, std::size_t indent) {
        const bool ends_line = text.ends_with('\n');
        out_ += ends_line ? " |\n" : " |-\n";
        if (ends_line) text.remove_suffix(1);
        while (true) {
            const std::size_t end = text.find('\n');
            const std::string_view line = text.substr(0, end);
            if (!line.empty()) out_.append(indent, ' ').append(line);
            out_ += '\n';
            if (end == std::string_view::npos) return;
            text.remove_prefix(end + 1);
        }
    }

    std::string out_;
};

}  // namespace

std::string write_yaml(const Value& value) {
    return BlockWriter{}.run(value);
}

}  // namespace millrace::format
