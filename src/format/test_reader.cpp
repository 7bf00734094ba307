// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "embedded/test_schema.hpp"
#include "names.hpp"
#include "source_reader.hpp"
#include "test_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

constexpr IntegerRange seed_range{0, std::int64_t{1} << 53};

TestPermissions read_permissions(Reading& reading, const Value& value, const Path& path) {
    TestPermissions allow;
    if (!reading.object(value, path, test_permission_keys)) return allow;
    if (const Value* const http = value.find("http"))
        allow.http = read_texts(reading, *http, Path{path, "http"});
    if (const Value* const files = value.find("files"))
        allow.files = read_flag(reading, *files, Path{path, "files"});
    if (const Value* const commands = value.find("commands"))
        allow.commands = read_texts(reading, *commands, Path{path, "commands"});
    return allow;
}

TestFile read_file(Reading& reading, const core::Member& member, const Path& path) {
    TestFile file;
    file.name = member.key;
    file.pointer = path.pointer();
    check_file_name(reading, member.key, path);
    if (member.value.is_string()) {
        file.text = std::string{member.value.as_string()};
    } else if (!member.value.is_object()) {
        reading.wrong_kind(member.value, path, "text, or { copy: FILE }");
    } else if (reading.object(member.value, path, test_file_keys)) {
        const Value* const copy =
            reading.require(member.value, path, "copy", "it names a file, relative to these tests");
        if (copy != nullptr) file.copy_of = reading.filled_text(*copy, Path{path, "copy"});
    }
    return file;
}

void read_files(Reading& reading, const Value& value, const Path& path, TestSetup& setup) {
    if (!value.is_object()) return reading.wrong_kind(value, path, "an object of names and texts");
    for (const core::Member& member : value.as_object()) {
        std::erase_if(setup.files, [&](const TestFile& file) { return file.name == member.key; });
        setup.files.push_back(read_file(reading, member, Path{path, member.key}));
    }
}

void read_variables(Reading& reading, const Value& value, const Path& path, TestSetup& setup) {
    if (!value.is_object()) return reading.wrong_kind(value, path, "an object of variables");
    core::ObjectBuilder merged;
    for (const core::Member& known : setup.variables.as_object())
        merged.set(known.key, known.value);
    for (const core::Member& member : value.as_object())
        merged.set(member.key, reading.data(member.value, Path{path, member.key}));
    setup.variables = std::move(merged).build();
}

void read_clock(Reading& reading, const Value& value, const Path& path, TestSetup& setup) {
    if (const Value* const start_at = value.find("start_at")) {
        const Path at{path, "start_at"};
        const std::string text = reading.text(*start_at, at);
        setup.start_at = core::Time::parse(text);
        if (!setup.start_at && start_at->is_string()) {
            reading.report(ProblemCode::bad_value, at,
                           quoted(text) + " is no time; write one such as 2026-01-31T09:00:00Z");
        }
    }
    const auto duration = [&](const char* key, std::optional<core::Duration>& to, bool zero) {
        if (const Value* const given = value.find(key))
            to = reading.duration(*given, Path{path, key}, zero);
    };
    duration("cancel_after", setup.cancel_after, true);
    duration("max_time", setup.time_max, false);
    duration("effect_timeout", setup.effect_timeout, false);
}

TestCase read_case(Reading& reading, const Value& value, const Path& path,
                   const TestSetup& defaults) {
    static const std::vector<Key> keys = [] {
        std::vector<Key> all{Key{"name"}, Key{"expect"}};
        all.insert(all.end(), test_setup_keys.begin(), test_setup_keys.end());
        return all;
    }();
    TestCase test;
    test.setup = defaults;
    test.pointer = path.pointer();
    if (!reading.object(value, path, keys)) return test;
    if (const Value* const name =
            reading.require(value, path, "name", "it says what the workflow does"))
        test.name = reading.filled_text(*name, Path{path, "name"});
    read_setup(reading, value, path, test.setup);
    if (const Value* const expect =
            reading.require(value, path, "expect", "a test says what it expects"))
        test.expect = read_expectations(reading, *expect, Path{path, "expect"});
    return test;
}

void read_cases(Reading& reading, const Value& root, const TestSetup& defaults,
                TestDocument& document) {
    const Path top;
    const Path path{top, "tests"};
    const Value* const tests = reading.require(root, top, "tests", "there is a list of tests");
    if (tests == nullptr || !reading.array(*tests, path)) return;
    if (tests->size() == 0)
        reading.report(ProblemCode::bad_value, path, "the list of tests is empty");
    std::map<std::string, std::size_t, std::less<>> names;
    for (const Value& element : tests->as_array()) {
        const std::size_t index = document.tests.size();
        const Path at{path, index};
        TestCase test = read_case(reading, element, at, defaults);
        const auto [first, is_new] = names.try_emplace(test.name, index);
        if (!is_new && !test.name.empty()) {
            reading.report(ProblemCode::duplicate_id, Path{at, "name"},
                           "the name " + quoted(test.name) + " is taken by tests[" +
                               std::to_string(first->second) + "]; rename one of them");
        }
        document.tests.push_back(std::move(test));
    }
}

void read_root(Reading& reading, const Value& root, TestDocument& document) {
    const Path path;
    const Value* const version =
        reading.require(root, path, "millrace_test", "begin the tests with `millrace_test: 1`");
    if (version != nullptr && !(*version == Value{1})) {
        return reading.report(ProblemCode::bad_format_version, Path{path, "millrace_test"},
                              "this version reads format 1, the tests say " + shown(*version), "1");
    }
    reading.object(root, path, test_document_keys);
    if (const Value* const workflow = root.find("workflow"))
        document.workflow = reading.filled_text(*workflow, Path{path, "workflow"});
    TestSetup defaults;
    if (const Value* const value = root.find("defaults")) {
        const Path at{path, "defaults"};
        if (reading.object(*value, at, test_setup_keys)) read_setup(reading, *value, at, defaults);
    }
    read_cases(reading, root, defaults, document);
}

}  // namespace

bool read_flag(Reading& reading, const Value& value, const Path& path) {
    if (value.is_bool()) return value.as_bool();
    reading.wrong_kind(value, path, "true or false");
    return false;
}

std::vector<std::string> read_texts(Reading& reading, const Value& value, const Path& path) {
    std::vector<std::string> texts;
    if (!reading.array(value, path)) return texts;
    for (const Value& element : value.as_array())
        texts.push_back(reading.filled_text(element, Path{path, texts.size()}));
    return texts;
}

void check_file_name(Reading& reading, std::string_view name, const Path& path) {
    if (is_folder(name)) return;
    reading.report(ProblemCode::bad_value, path,
                   quoted(name) +
                       " is no file of the test's folder; write a path without .. that "
                       "does not begin with /");
}

void read_setup(Reading& reading, const Value& value, const Path& path, TestSetup& setup) {
    if (const Value* const input = value.find("input"))
        setup.input = reading.data(*input, Path{path, "input"});
    if (const Value* const variables = value.find("variables"))
        read_variables(reading, *variables, Path{path, "variables"}, setup);
    if (const Value* const trigger = value.find("trigger"))
        setup.trigger = reading.name(*trigger, Path{path, "trigger"}, "node id");
    if (const Value* const value_of = value.find("mocks")) {
        for (Mock& mock : read_mocks(reading, *value_of, Path{path, "mocks"})) {
            std::erase_if(setup.mocks, [&](const Mock& m) { return m.target == mock.target; });
            setup.mocks.push_back(std::move(mock));
        }
    }
    if (const Value* const recorded = value.find("recorded")) {
        const Path at{path, "recorded"};
        setup.recorded = reading.filled_text(*recorded, at);
        setup.recorded_pointer = at.pointer();
    }
    read_clock(reading, value, path, setup);
    if (const Value* const data = value.find("trigger_data"))
        setup.trigger_data = reading.data(*data, Path{path, "trigger_data"});
    if (const Value* const steps = value.find("steps"))
        setup.steps = read_steps(reading, *steps, Path{path, "steps"});
    if (const Value* const workflows = value.find("workflows"))
        setup.workflows = read_texts(reading, *workflows, Path{path, "workflows"});
    if (const Value* const seed = value.find("seed"))
        setup.seed =
            static_cast<std::uint64_t>(reading.integer(*seed, Path{path, "seed"}, seed_range));
    if (const Value* const allow = value.find("allow"))
        setup.allow = read_permissions(reading, *allow, Path{path, "allow"});
    if (const Value* const mocked = value.find("mock_external"))
        setup.mock_external = read_flag(reading, *mocked, Path{path, "mock_external"});
    if (const Value* const files = value.find("files"))
        read_files(reading, *files, Path{path, "files"}, setup);
}

TestDocumentRead read_tests(const SourceText& source, const DocumentLimits& limits) {
    TestDocumentRead read;
    TreeRead tree = read_tree(source, limits);
    if (!tree.value) {
        read.problems = std::move(tree.problems);
        return read;
    }
    Reading reading;
    TestDocument document;
    if (tree.value->is_object()) {
        read_root(reading, *tree.value, document);
    } else {
        reading.wrong_kind(*tree.value, Path{}, "tests (an object)");
    }
    read.problems = std::move(reading.problems);
    if (read.problems.empty()) {
        read.document = std::move(document);
    } else {
        place_problems(source, read.problems);
    }
    return read;
}

std::string_view test_schema() {
    return embedded::test_schema::files()[0].content;
}

}  // namespace millrace::format
