// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/failure.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/status.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"
#include "millrace/format/document.hpp"

namespace millrace::format {

// The tests of a workflow as types: what a `*.test.yaml` says, checked for form. `pointer` is the
// place of a part in the text, as a JSON Pointer.

/// What a node gives instead of doing its work.
struct MockAnswer {
    enum class Kind : std::uint8_t {
        out,      ///< `value` on the first output
        outputs,  ///< `value` is `{PORT: value}`
        respond,  ///< `value` is an HTTP answer `{status, headers, body}` that the node reads
        error,    ///< `failure`
        compute,  ///< the result of `expression` on the first output
    };
    Kind kind = Kind::out;
    core::Value value;
    core::Failure failure;
    std::string expression;
    std::string when;                    ///< expression; empty: always
    std::optional<std::uint32_t> times;  ///< none: without end
    core::Duration takes{0};
    std::string pointer;
};

/// Answers of one node, or of one run of it, by its path.
struct Mock {
    std::string target;
    std::vector<MockAnswer> answers;
    std::string pointer;
};

/// What comes from outside while the execution goes on: the answer to one that waits, a signal, an
/// event.
struct TestStep {
    enum class Kind : std::uint8_t { approve, reject, answer, signal, event };
    Kind kind = Kind::answer;
    std::string target;  ///< the node or run that waits, the signal's name, the event's type
    std::optional<core::Duration> at;  ///< since the start; none: `after`
    core::Duration after{0};           ///< since something has begun to wait for it
    core::Value data;                  ///< an approval's values, a call's body, …
    std::string by;
    std::string reason;
    core::Value request;  ///< of a call: what it has of method, query and headers
    std::string source;
    std::string id;
    std::string pointer;
};

/// Which effects are performed for real when nothing stands in for them.
struct TestPermissions {
    std::vector<std::string> http;  ///< hosts that HTTP calls and mails may go to
    bool files = false;             ///< files and databases, in the folder of the test
    std::vector<std::string> commands;
};

/// A file that the test finds in its folder.
struct TestFile {
    std::string name;
    std::string text;
    std::string copy_of;  ///< of a file beside the tests, instead of `text`
    std::string pointer;
};

struct TestSetup {
    core::Value input;
    core::Value variables = core::Value::object({});
    std::string trigger;
    std::vector<Mock> mocks;
    std::string recorded;  ///< file with an exported execution whose results stand in
    std::string recorded_pointer;
    std::optional<core::Time> start_at;
    std::uint64_t seed = 1;
    TestPermissions allow;
    bool mock_external = false;  ///< node types' stand-ins for what is not mocked
    std::vector<TestFile> files;
    std::optional<core::Duration> cancel_after;
    std::optional<core::Duration> time_max;
    std::optional<core::Duration> effect_timeout;  ///< of those that are performed, in real time
    std::optional<core::Value> trigger_data;       ///< what the trigger gives; none: by the input
    std::vector<TestStep> steps;
    std::vector<std::string> workflows;  ///< files of sub-workflows that really run
};

/// What an error must be like; empty parts do not matter.
struct ErrorExpectation {
    std::string code;
    std::string error_class;
    std::string node_id;
    std::string message;  ///< a part of it
};

struct NodeExpectation {
    std::string target;  ///< id or path
    std::optional<core::NodeStatus> status;
    std::optional<core::Value> outputs;   ///< `{PORT: value}`, all of it
    std::optional<core::Value> contains;  ///< likewise, at least this
    std::optional<core::Value> input;
    std::optional<std::uint32_t> attempts;
    std::optional<ErrorExpectation> error;
    std::string pointer;
};

struct CallsExpectation {
    std::string target;  ///< node id
    std::uint32_t count = 0;
    std::vector<core::Value> requests;  ///< at least this of each; empty where only counted
    std::string pointer;
};

struct DurationExpectation {
    core::Duration min{0};
    core::Duration max{0};
};

struct FileExpectation {
    std::string name;
    bool absent = false;
    std::optional<std::string> text;
    std::optional<std::string> contains;
    std::optional<core::Value> json;
    std::optional<std::uint32_t> lines;
    std::string pointer;
};

struct DeadLetterExpectation {
    std::string path;  ///< empty: the execution itself
    std::string code;
};

struct WaitExpectation {
    std::string target;  ///< id or path of the node that waits
    std::string state;   ///< answered, expired or ended; empty: no matter
    std::optional<DurationExpectation> took;
    std::optional<core::Value> details;  ///< at least this of what those see who answer
    std::optional<core::Value> answer;   ///< at least this
    std::string pointer;
};

/// A mail, in the order in which they are sent. Empty parts do not matter.
struct MailExpectation {
    std::string from;                ///< the address
    std::vector<std::string> to;     ///< all of its addresses
    std::string subject;             ///< a part of it
    std::string text;                ///< likewise
    std::string html;                ///< likewise
    std::vector<std::string> links;  ///< nodes whose links stand in it
    std::string pointer;
};

struct Assertion {
    std::string expression;
    std::string pointer;
};

struct Expectations {
    std::optional<core::ExecutionStatus> status;
    std::optional<core::Value> outputs;
    std::optional<core::Value> contains;
    std::optional<ErrorExpectation> error;
    std::vector<NodeExpectation> nodes;
    std::vector<std::string> order;  ///< nodes or runs, in the order in which they start
    std::vector<CallsExpectation> calls;
    std::optional<DurationExpectation> duration;
    std::optional<std::vector<DeadLetterExpectation>> dead_letters;
    std::vector<FileExpectation> files;
    std::vector<WaitExpectation> waits;
    std::optional<std::vector<MailExpectation>> mails;
    std::vector<Assertion> assertions;
    bool snapshot = false;
};

struct TestCase {
    std::string name;
    TestSetup setup;
    Expectations expect;
    std::string pointer;
};

struct TestDocument {
    std::string workflow;  ///< file, relative to this one; empty: the one of the same name
    std::vector<TestCase> tests;
};

struct TestDocumentRead {
    std::optional<TestDocument> document;  ///< present only without problems
    core::Problems problems;               ///< all of them, in the order of the text
};

/// Reads a `*.test.yaml`. Whether its nodes exist and its expressions compile is checked by who has
/// the workflow.
TestDocumentRead read_tests(const SourceText& source, const DocumentLimits& limits = {});

/// The published JSON Schema of test documents.
std::string_view test_schema();

}  // namespace millrace::format
