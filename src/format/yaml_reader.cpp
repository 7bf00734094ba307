// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <istream>
#include <streambuf>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reading.hpp"
#include "source_reader.hpp"
#include "yaml_scalar.hpp"

namespace millrace::format {

namespace {

using core::Problem;
using core::ProblemCode;
using core::Value;

constexpr std::string_view core_tag = "tag:yaml.org,2002:";
constexpr std::size_t tree_problems_max = 1000;

core::TextPosition position_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Ends yaml-cpp's parse when going on would be of no use or too costly.
struct Abort {};

/// An array or object that has begun and not yet ended.
struct Frame {
    bool is_map = false;
    bool has_key = false;    ///< in a map: the next value belongs to `key`
    bool dropped = false;    ///< the key is bad: its value is read for its problems only
    std::size_t height = 1;  ///< levels from here to the deepest value inside
    YAML::anchor_t anchor = 0;
    std::string key;
    std::vector<Value> elements;
    std::vector<core::Member> members;
    std::unordered_map<std::string, core::TextPosition> key_places;
    PathMarks* marks = nullptr;
    PathMarks* child_marks = nullptr;
};

struct Anchored {
    Value value;
    std::size_t height = 0;
    bool complete = false;
};

/// Makes a Value of yaml-cpp's events.
class ValueHandler final : public YAML::EventHandler {
public:
    ValueHandler(const DocumentLimits& limits, PathMarks* marks, core::Problems& problems)
        : limits_{limits}, root_marks_{marks}, problems_{problems} {}

    Value take_root() { return std::move(root_); }
    bool has_content() const { return has_content_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            report(ProblemCode::syntax, mark,
                   "a file holds one document; remove what follows `---`");
            throw Abort{};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        scalar(mark, anchor, Value{}, nullptr);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const Anchored* found = anchor < anchors_.size() ? &anchors_[anchor] : nullptr;
        if (found == nullptr || !found->complete) {
            report(ProblemCode::syntax, mark, "an alias can't stand inside the value it names");
            throw Abort{};
        }
        if (frames_.size() + found->height > limits_.depth_max) throw too_deep(mark);
        alias_values_ += found->value.element_count() + 1;
        if (alias_values_ > limits_.alias_values_max) {
            report(ProblemCode::limit, mark,
                   "aliases repeat more than " + std::to_string(limits_.alias_values_max) +
                       " values; write fewer of them");
            throw Abort{};
        }
        const Value value = found->value;
        const std::size_t height = found->height;
        if (awaits_key()) {
            const std::string text{value.is_string() ? value.as_string() : std::string_view{}};
            take_key(mark, value.is_string() ? &text : nullptr);
        } else {
            begin_value(mark);
            attach(value, height);
        }
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        scalar(mark, anchor, resolve(mark, tag, text), &text);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin_collection(mark, tag, anchor, false);
    }
    void OnSequenceEnd() override { end_collection(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin_collection(mark, tag, anchor, true);
    }
    void OnMapEnd() override { end_collection(); }

private:
    bool awaits_key() const {
        return !frames_.empty() && frames_.back().is_map && !frames_.back().has_key;
    }

    std::string path() const {
        std::string pointer;
        for (const Frame& frame : frames_) {
            if (frame.is_map && !frame.has_key) break;
            pointer = frame.is_map ? core::pointer_child(pointer, frame.key)
                                   : core::pointer_child(pointer, frame.elements.size());
        }
        return pointer;
    }

    void report(ProblemCode code, const YAML::Mark& mark, std::string message) {
        if (problems_.size() >= tree_problems_max) throw Abort{};
        const core::TextPosition at = position_of(mark);
        problems_.push_back(Problem{.code = code,
                                    .path = path(),
                                    .message = std::move(message),
                                    .suggestion = {},
                                    .line = static_cast<std::uint32_t>(at.line),
                                    .column = static_cast<std::uint32_t>(at.column)});
    }

    Abort too_deep(const YAML::Mark& mark) {
        report(ProblemCode::limit, mark,
               "nested deeper than the limit of " + std::to_string(limits_.depth_max) + " levels");
        return {};
    }

    Value resolve(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
        if (tag == "!" || tag == "tag:yaml.org,2002:str" || awaits_key()) {
            if (awaits_key() && tag != "?" && tag != "!") check_tag(mark, tag, "str");
            return Value{text};
        }
        const std::optional<Value> value = resolve_plain_scalar(text);
        if (!value) {
            report(ProblemCode::bad_value, mark,
                   quoted(text) + " is a number that JSON does not have; quote it if it is text");
            return Value{};
        }
        if (tag == "?" || tag.empty()) return *value;
        const bool is_float = value->is_number();
        const std::string_view kind = value->is_null()      ? "null"
                                      : value->is_bool()    ? "bool"
                                      : value->is_integer() ? "int"
                                      : is_float            ? "float"
                                                            : "str";
        if (is_float && tag == "tag:yaml.org,2002:float") return *value;
        check_tag(mark, tag, kind);
        return *value;
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view kind) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        const bool known = tag.starts_with(core_tag);
        const std::string shown = known ? "!!" + tag.substr(core_tag.size()) : tag;
        if (known && tag.substr(core_tag.size()) == kind) return;
        static constexpr std::array<std::string_view, 7> kinds{"null", "bool", "int", "float",
                                                               "str",  "seq",  "map"};
        if (known && std::ranges::find(kinds, shown.substr(2)) != kinds.end()) {
            report(ProblemCode::syntax, mark,
                   "the value is not of its tag " + shown + "; remove the tag or mend the value");
        } else if (shown == "!!binary") {
            report(ProblemCode::syntax, mark,
                   "tag !!binary is not allowed; write bytes as { $bytes: \"<base64>\" }");
        } else {
            report(ProblemCode::syntax, mark, "tag " + shown + " is not allowed; remove it");
        }
    }

    /// `text` is null for what can't be a key.
    void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const Value& value,
                const std::string* text) {
        has_content_ = has_content_ || text != nullptr;
        if (anchor != 0) remember(anchor, value, 0);
        if (awaits_key()) {
            take_key(mark, text);
        } else {
            begin_value(mark);
            attach(value, 0);
        }
    }

    void take_key(const YAML::Mark& mark, const std::string* text) {
        Frame& frame = frames_.back();
        frame.has_key = true;
        frame.dropped = text == nullptr;
        frame.key = text != nullptr ? *text : std::string{};
        frame.child_marks = nullptr;
        if (text == nullptr) {
            report(ProblemCode::syntax, mark, "a key must be text; quote it");
            return;
        }
        const core::TextPosition at = position_of(mark);
        const auto [first, is_new] = frame.key_places.try_emplace(*text, at);
        if (!is_new) {
            frame.dropped = true;
            report(ProblemCode::syntax, mark,
                   "key " + quoted(*text) + " is given twice; the first is at " +
                       std::to_string(first->second.line) + ":" +
                       std::to_string(first->second.column));
            return;
        }
        frame.child_marks = frame.marks != nullptr ? frame.marks->child(*text) : nullptr;
        if (frame.child_marks != nullptr) frame.child_marks->key = at;
    }

    /// Notes where the value begins that comes next.
    void begin_value(const YAML::Mark& mark) {
        PathMarks* marks = root_marks_;
        if (!frames_.empty()) {
            Frame& frame = frames_.back();
            if (!frame.is_map) {
                frame.child_marks =
                    frame.marks != nullptr ? frame.marks->child(frame.elements.size()) : nullptr;
            }
            marks = frame.child_marks;
        }
        if (marks != nullptr) marks->value = position_of(mark);
    }

    void begin_collection(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                          bool is_map) {
        has_content_ = true;
        check_tag(mark, tag, is_map ? "map" : "seq");
        if (frames_.size() >= limits_.depth_max) throw too_deep(mark);
        if (awaits_key()) {
            // yaml-cpp also takes brackets that are never closed for the beginning of a key.
            report(ProblemCode::syntax, mark,
                   "a key can't be a collection; close its brackets, or quote a text such as "
                   "\"{{ … }}\"");
            throw Abort{};
        }
        begin_value(mark);
        Frame frame;
        frame.is_map = is_map;
        frame.anchor = anchor;
        frame.marks = frames_.empty() ? root_marks_ : frames_.back().child_marks;
        frames_.push_back(std::move(frame));
        if (anchor != 0) remember_open(anchor);
    }

    void end_collection() {
        Frame frame = std::move(frames_.back());
        frames_.pop_back();
        const Value value = frame.is_map ? Value::object(std::move(frame.members))
                                         : Value::array(std::move(frame.elements));
        if (frame.anchor != 0) remember(frame.anchor, value, frame.height);
        attach(value, frame.height);
    }

    void attach(const Value& value, std::size_t height) {
        if (frames_.empty()) {
            root_ = value;
            return;
        }
        Frame& frame = frames_.back();
        frame.height = std::max(frame.height, height + 1);
        if (!frame.is_map) {
            frame.elements.push_back(value);
            return;
        }
        if (!frame.dropped) frame.members.push_back({frame.key, value});
        frame.has_key = false;
        frame.dropped = false;
    }

    void remember_open(YAML::anchor_t anchor) {
        if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
        anchors_[anchor] = {};
    }
    void remember(YAML::anchor_t anchor, const Value& value, std::size_t height) {
        remember_open(anchor);
        anchors_[anchor] = {value, height, true};
    }

    const DocumentLimits& limits_;
    PathMarks* root_marks_;
    core::Problems& problems_;
    std::vector<Frame> frames_;
    std::vector<Anchored> anchors_;
    std::size_t alias_values_ = 0;
    std::size_t documents_ = 0;
    bool has_content_ = false;
    Value root_;
};

/// Reads from memory without another copy of the text, and ends it with a document end marker:
/// yaml-cpp takes an open quote before a last line end for closed, but not before the marker.
class TextBuffer final : public std::streambuf {
public:
    explicit TextBuffer(std::string_view text) : marked_{!text.ends_with('\n')} { show(text); }

private:
    void show(std::string_view part) {
        char* const begin = const_cast<char*>(part.data());  // only ever read
        setg(begin, begin, begin + part.size());
    }

    int_type underflow() override {
        if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
        if (marked_) return traits_type::eof();
        marked_ = true;
        show("...\n");
        return traits_type::to_int_type(*gptr());
    }

    bool marked_;  ///< the marker has been shown, or there is no line of its own for it
};

bool is_indented_by_tab(std::string_view text, core::TextPosition at) {
    for (std::size_t line = 1; line < at.line; ++line) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return false;
        text.remove_prefix(end + 1);
    }
    const std::string_view blanks = text.substr(0, text.find_first_not_of(" \t"));
    return blanks.find('\t') != std::string_view::npos;
}

/// What to do about the errors of yaml-cpp that people meet.
std::string with_remedy(const std::string& message) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static const std::array<Pair, 10> remedies{{
        {YAML::ErrorMsg::TAB_IN_INDENTATION, "indent with spaces"},
        {YAML::ErrorMsg::MAP_VALUE, "quote a text that holds \": \", or check the indentation"},
        {YAML::ErrorMsg::END_OF_MAP, "check the indentation of this line"},
        {YAML::ErrorMsg::END_OF_SEQ, "check the indentation of this line"},
        {YAML::ErrorMsg::END_OF_MAP_FLOW, "a \"}\" or a comma is missing"},
        {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a \"]\" or a comma is missing"},
        {YAML::ErrorMsg::UNKNOWN_TOKEN, "quote a text that begins with this character"},
        {YAML::ErrorMsg::EOF_IN_SCALAR, "a closing quote is missing"},
        {YAML::ErrorMsg::DOC_IN_SCALAR, "a closing quote is missing above"},
        {YAML::ErrorMsg::UNKNOWN_ANCHOR, "give a value above this line the anchor &NAME"},
    }};
    if (message.starts_with(YAML::ErrorMsg::INVALID_UNICODE)) {
        return message + "; write a pair such as \\ud83d\\ude00 as one escape: \\U0001F600";
    }
    const auto* const found = std::ranges::find(remedies, std::string_view{message}, &Pair::first);
    return found == remedies.end() ? message : message + "; " + std::string{found->second};
}

void add_problem(core::Problems& problems, ProblemCode code, std::string message,
                 core::TextPosition at) {
    problems.push_back(Problem{.code = code,
                               .path = {},
                               .message = std::move(message),
                               .suggestion = {},
                               .line = static_cast<std::uint32_t>(at.line),
                               .column = static_cast<std::uint32_t>(at.column)});
}

void parse(std::string_view text, ValueHandler& handler, core::Problems& problems) {
    try {
        TextBuffer buffer{text};
        std::istream stream{&buffer};
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(handler)) {
        }
    } catch (const Abort&) {
        return;  // the handler has said why
    } catch (const YAML::DeepRecursion& error) {
        add_problem(problems, ProblemCode::limit, "nested too deeply", position_of(error.mark));
    } catch (const YAML::Exception& error) {
        const core::TextPosition at = position_of(error.mark);
        const std::string message =
            is_indented_by_tab(text, at) ? YAML::ErrorMsg::TAB_IN_INDENTATION : error.msg;
        add_problem(problems, ProblemCode::syntax, with_remedy(message), at);
    } catch (const std::exception& error) {
        add_problem(problems, ProblemCode::syntax, error.what(), {});
    }
}

}  // namespace

TreeRead read_yaml(std::string_view text, const DocumentLimits& limits, PathMarks* marks) {
    TreeRead read;
    text = without_bom(text);
    if (std::optional<Problem> forbidden = forbidden_character(text)) {
        read.problems.push_back(*std::move(forbidden));
        return read;
    }
    ValueHandler handler{limits, marks, read.problems};
    parse(text, handler, read.problems);
    if (!read.problems.empty()) return read;
    if (!handler.has_content()) {
        add_problem(read.problems, ProblemCode::syntax,
                    "the text is empty; begin it with `millrace: 1`", {});
        return read;
    }
    read.value = handler.take_root();
    return read;
}

}  // namespace millrace::format
