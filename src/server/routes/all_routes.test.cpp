// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "api/openapi.hpp"
#include "api/problem.hpp"
#include "api/schema_bundle.hpp"
#include "millrace/core/json.hpp"
#include "millrace/format/schema.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

using core::Value;

/// All names that references of a document point to.
void collect_references(const Value& value, std::set<std::string>& names) {
    if (value.is_array()) {
        for (const Value& element : value.as_array())
            collect_references(element, names);
    }
    if (!value.is_object()) return;
    for (const auto& [key, member] : value.as_object()) {
        if (key == "$ref" && member.is_string()) names.emplace(member.as_string());
        collect_references(member, names);
    }
}

std::vector<std::string> parameters_of(std::string_view pattern) {
    std::vector<std::string> names;
    while (true) {
        const std::size_t begin = pattern.find('{');
        if (begin == std::string_view::npos) return names;
        const std::size_t end = pattern.find('}', begin);
        names.emplace_back(pattern.substr(begin + 1, end - begin - 1));
        pattern.remove_prefix(end + 1);
    }
}

TEST(AllRoutes, GiveTheSameDocumentEachTime) {
    const RouteTable table = described_routes();
    EXPECT_EQ(core::to_json(openapi_document(table, "1", "")),
              core::to_json(openapi_document(described_routes(), "1", "")));
}

TEST(AllRoutes, ReferToNothingThatIsNotThere) {
    const Value document = openapi_document(described_routes(), "1", "");
    std::set<std::string> references;
    collect_references(document, references);
    const Value& components = *document.find("components");
    for (const std::string& reference : references) {
        const bool is_schema = reference.starts_with(component_prefix);
        const std::string_view name =
            std::string_view{reference}.substr(reference.find_last_of('/') + 1);
        EXPECT_NE(components.find(is_schema ? "schemas" : "responses")->find(name), nullptr)
            << reference;
    }
}

TEST(AllRoutes, AreWellDescribed) {
    const RouteTable table = described_routes();
    std::set<std::string> ids;
    for (const Route& route : table.routes) {
        EXPECT_TRUE(ids.insert(route.id).second) << "twice: " << route.id;
        EXPECT_FALSE(route.summary.empty()) << route.id;
        EXPECT_FALSE(tag_description(route.tag).empty()) << route.id << ": tag " << route.tag;
        // What it takes and answers is said by whoever has made its path.
        if (route.is_open_ended) continue;
        EXPECT_FALSE(route.answers.empty()) << route.id;
        for (const std::string& code : route.problems)
            EXPECT_NE(find_problem_code(code), nullptr) << route.id << ": " << code;
        std::vector<std::string> declared;
        for (const Parameter& parameter : route.parameters) {
            if (parameter.in == Parameter::In::path) declared.push_back(parameter.name);
        }
        EXPECT_THAT(declared, testing::UnorderedElementsAreArray(parameters_of(route.pattern)))
            << route.id;
    }
}

TEST(AllRoutes, HaveSchemasThatCompileUnderNamesOfTheirOwn) {
    const RouteTable table = described_routes();
    const auto find = [&](std::string_view name) { return find_schema(table, name); };
    std::set<std::string> names;
    for (const auto& [name, schema] : table.schemas) {
        EXPECT_TRUE(names.insert(name).second) << "twice: " << name;
        const auto compiled = format::compile_schema(bundled(schema, find));
        EXPECT_TRUE(compiled.has_value()) << name << ": " << compiled.error().message();
    }
    for (const Route& route : table.routes) {
        for (const Body& body : route.body) {
            if (body.schema.is_null()) continue;
            const auto compiled = format::compile_schema(bundled(body.schema, find));
            EXPECT_TRUE(compiled.has_value()) << route.id;
        }
    }
}

}  // namespace
}  // namespace millrace::server
