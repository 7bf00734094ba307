// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "millrace/format/document.hpp"
#include "millrace/nodes/standard.hpp"
#include "support/command.hpp"
#include "testing/smtp_sink.hpp"

namespace millrace::testing {
namespace {

using runtime::testing::SmtpReply;
using runtime::testing::SmtpSink;

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

/// Answers a mail's first recipients with `450` as often as the mails told of say.
class BusyPostman {
public:
    explicit BusyPostman(const Value& mails) {
        if (!mails.is_array()) return;
        for (const Value& mail : mails.as_array()) {
            const Value times = at(mail, "after_busy");
            if (times.is_integer()) refusals_ += times.as_integer();
        }
    }
    std::optional<SmtpReply> operator()(std::string_view line) {
        if (!line.starts_with("RCPT") || refusals_ == 0) return std::nullopt;
        --refusals_;
        return SmtpReply{.text = "450 busy"};
    }

private:
    std::int64_t refusals_ = 0;
};

/// Workflows beside the node types; their key `x-example` tells how to try them.
class NodeExample : public CommandTest,
                    public ::testing::WithParamInterface<nodes::ExampleWorkflow> {
protected:
    NodeExample() {
        const auto tree = format::read_tree({"example", std::string{GetParam().text}});
        if (tree.value) told = at(*tree.value, "x-example");
    }
    void write_files() const {
        const Value files = at(told, "files");
        if (!files.is_object()) return;
        for (const core::Member& file : files.as_object()) {
            std::filesystem::create_directories((folder / file.key).parent_path());
            write_file(folder / file.key, file.value.as_string());
        }
    }
    Arguments arguments(const HttpServer& server, const SmtpSink& sink) const {
        Arguments made{"run", folder.file("example.workflow.yaml", GetParam().text), "--json"};
        const auto add = [&made](std::string option, std::string value) {
            made.insert(made.end(), {std::move(option), std::move(value)});
        };
        if (told.find("input") != nullptr) add("--input", core::to_json(at(told, "input")));
        if (!at(told, "server").is_null()) add("--var", "base=" + server.url(""));
        if (!at(told, "mail").is_null()) add("--var", "mail=" + sink.url());
        const Value variables = at(told, "variables");
        if (variables.is_object()) {
            for (const core::Member& variable : variables.as_object())
                add("--var", variable.key + "=" + core::to_json(variable.value));
        }
        const Value more = at(told, "arguments");
        if (more.is_array()) {
            for (const Value& argument : more.as_array())
                made.emplace_back(argument.as_string());
        }
        return made;
    }
    void expect_mails(const SmtpSink& sink) const {
        const Value expected = at(told, "mail");
        const auto mails = sink.mails();
        ASSERT_EQ(mails.size(), expected.size());
        for (std::size_t i = 0; i < mails.size(); ++i) {
            const Value& one = expected.as_array()[i];
            EXPECT_EQ(Value::array({mails[i].recipients.begin(), mails[i].recipients.end()}),
                      at(one, "to"));
            EXPECT_EQ(Value{mails[i].header("subject")}, at(one, "subject"));
        }
    }

    Value told;
};

TEST_P(NodeExample, DoesWhatItTells) {
    ASSERT_TRUE(told.is_object());
    const Value replies = at(told, "server");
    std::atomic<std::size_t> served = 0;
    const HttpServer server{[&replies, &served](const ServedRequest&) {
        const std::size_t index = served++;
        return index < replies.size() ? reply_of(replies.as_array()[index]) : Reply{.status = 500};
    }};
    const SmtpSink sink{BusyPostman{at(told, "mail")}};
    write_files();

    const Finished finished = millrace(arguments(server, sink));
    const Value execution = json(finished.out);
    EXPECT_EQ(served, replies.size());
    expect_mails(sink);
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
