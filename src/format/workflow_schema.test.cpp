// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include "keys.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"
#include "testing/document_gen.hpp"
#include "testing/document_table.hpp"

namespace millrace::format {
namespace {

using core::Value;

const Value& published() {
    static const Value schema = *read_json(workflow_schema());
    return schema;
}

const core::SchemaCheck& check() {
    static const auto compiled = compile_schema(published());
    return **compiled;
}

std::string violations_of(const Value& value) {
    std::string all;
    for (const auto& [path, message] : check().violations(value))
        all += path + ": " + message + "\n";
    return all;
}

/// `bytes` as they are written: documents hold them as objects.
Value as_written(const core::Document& document) {
    return *read_json(core::to_json(to_value(document)));
}

std::set<std::string> schema_keys(const Value& object) {
    std::set<std::string> names;
    for (const core::Member& member : object.find("properties")->as_object()) {
        names.insert(member.key);
    }
    return names;
}

std::set<std::string> reader_keys(std::span<const Key> keys) {
    std::set<std::string> names;
    for (const Key& key : keys) {
        if (key.executed) names.emplace(key.name);
    }
    return names;
}

const Value& definition(std::string_view name) {
    return *published().find("definitions")->find(name);
}

TEST(WorkflowSchema, CompilesAndAcceptsTheExample) {
    ASSERT_TRUE(compile_schema(published()));
    const SourceText source{"w", room_file("testing/hello.workflow.yaml"), Syntax::yaml};
    EXPECT_EQ(violations_of(*read_tree(source).value), "");
    const SourceText pretty{"w", room_file("testing/pretty.workflow.yaml"), Syntax::yaml};
    EXPECT_EQ(violations_of(*read_tree(pretty).value), "");
}

RC_GTEST_PROP(WorkflowSchema, AcceptsEveryDocumentThatIsRead, ()) {
    const core::Document document = *any_document(true);
    const std::string violations = violations_of(as_written(document));
    RC_LOG() << violations;
    RC_ASSERT(violations.empty());
}

TEST(WorkflowSchema, RefusesTheBadDocumentsThatAreBadInForm) {
    // What a schema can't say: equal ids, a schema inside, base64, sums of durations.
    const std::set<std::string> beyond{"node_id_twice", "inputs_no_schema",
                                       "inputs_with_remote_reference", "variable_with_bad_bytes"};
    for (const BadDocument& document : bad_documents()) {
        const TreeRead tree = read_tree(document.source);
        const std::string name = document.source.name.substr(0, document.source.name.find('.'));
        if (!tree.value || beyond.contains(name)) continue;
        EXPECT_NE(violations_of(*tree.value), "") << document.source.name;
    }
}

TEST(WorkflowSchema, KnowsTheKeysThatTheReaderExecutes) {
    const Value& node = definition("node");
    const Value& connection = definition("full_connection");
    EXPECT_EQ(schema_keys(published()), reader_keys(document_keys));
    EXPECT_EQ(schema_keys(definition("settings")), reader_keys(settings_keys));
    EXPECT_EQ(schema_keys(definition("workflow_retry")), reader_keys(workflow_retry_keys));
    const Value& settings = *definition("settings").find("properties");
    EXPECT_EQ(schema_keys(*settings.find("retention")), reader_keys(retention_keys));
    const auto second_form = [&settings](std::string_view key) -> const Value& {
        return settings.find(key)->find("anyOf")->as_array()[1];
    };
    EXPECT_EQ(schema_keys(second_form("on_error")), reader_keys(workflow_on_error_keys));
    EXPECT_EQ(schema_keys(second_form("max_concurrent_executions")), reader_keys(concurrency_keys));
    EXPECT_EQ(schema_keys(definition("retry")), reader_keys(retry_keys));
    EXPECT_EQ(schema_keys(definition("cache")), reader_keys(cache_keys));
    EXPECT_EQ(schema_keys(definition("circuit_breaker")), reader_keys(circuit_breaker_keys));
    EXPECT_EQ(schema_keys(node), reader_keys(node_keys));
    EXPECT_EQ(schema_keys(connection), reader_keys(connection_keys));
    const Value& node_properties = *node.find("properties");
    EXPECT_EQ(schema_keys(*node_properties.find("position")), reader_keys(position_keys));
    EXPECT_EQ(schema_keys(*published().find("properties")->find("editor")),
              reader_keys(editor_keys));
    EXPECT_EQ(schema_keys(node_properties.find("on_error")->find("anyOf")->as_array()[1]),
              reader_keys(node_on_error_keys));
}

}  // namespace
}  // namespace millrace::format
