// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>

#include "millrace/format/document.hpp"
#include "millrace/nodes/standard.hpp"
#include "support/command.hpp"

namespace millrace::testing {
namespace {

std::string test_name(const std::string_view path) {
    std::string name{path.substr(path.find("nodes/") + 6)};
    name.resize(name.find('.'));
    for (char& c : name) {
        if (c == '/') c = '_';
    }
    return name;
}

Reply reply_of(const Value& spec) {
    Reply reply;
    if (const Value* const status = spec.find("status")) {
        reply.status = static_cast<int>(status->as_integer());
    }
    if (const Value* const body = spec.find("body")) reply.body = body->as_string();
    if (const Value* const headers = spec.find("headers")) {
        for (const core::Member& header : headers->as_object())
            reply.headers.emplace_back(header.key, header.value.as_string());
    }
    return reply;
}

/// Workflows beside the node types; their key `x-example` tells how to try them.
class NodeExample : public CommandTest,
                    public ::testing::WithParamInterface<nodes::ExampleWorkflow> {};

TEST_P(NodeExample, DoesWhatItTells) {
    const auto tree = format::read_tree({"example", std::string{GetParam().text}});
    ASSERT_TRUE(tree.value);
    const Value told = at(*tree.value, "x-example");
    const Value replies = at(told, "server");
    std::atomic<std::size_t> served = 0;
    const HttpServer server{[&replies, &served](const ServedRequest&) {
        const std::size_t index = served++;
        return index < replies.size() ? reply_of(replies.as_array()[index]) : Reply{.status = 500};
    }};

    Arguments arguments{"run", folder.file("example.workflow.yaml", GetParam().text), "--json"};
    if (told.find("input")) {
        arguments.insert(arguments.end(), {"--input", core::to_json(at(told, "input"))});
    }
    if (!replies.is_null()) arguments.insert(arguments.end(), {"--var", "base=" + server.url("")});
    const Value variables = at(told, "variables");
    if (variables.is_object()) {
        for (const core::Member& variable : variables.as_object())
            arguments.insert(arguments.end(),
                             {"--var", variable.key + "=" + core::to_json(variable.value)});
    }
    const Finished finished = millrace(arguments);
    const Value execution = json(finished.out);
    EXPECT_EQ(served, replies.size());
    const Value failure = at(told, "failure");
    EXPECT_EQ(finished.status, failure.is_null() ? 0 : 1) << finished.err;
    EXPECT_EQ(at(execution, "outputs"), at(told, "outputs"));
    if (!failure.is_null()) {
        for (const core::Member& part : failure.as_object())
            EXPECT_EQ(at(at(execution, "error"), part.key), part.value) << part.key;
    }
}

INSTANTIATE_TEST_SUITE_P(Standard, NodeExample, ::testing::ValuesIn(nodes::example_workflows()),
                         [](const ::testing::TestParamInfo<nodes::ExampleWorkflow>& one) {
                             return test_name(one.param.path);
                         });

}  // namespace
}  // namespace millrace::testing
