// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "millrace/format/document.hpp"
#include "millrace/format/schema.hpp"
#include "names.hpp"
#include "part_readers.hpp"
#include "source_reader.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

/// Without the right format version nothing else in the text can be judged.
bool check_format_version(Reading& reading, const Value& root) {
    const Path path;
    const Value* const version =
        reading.require(root, path, "millrace", "begin the document with `millrace: 1`");
    if (version == nullptr || *version == Value{1}) return true;
    reading.report(ProblemCode::bad_format_version, Path{path, "millrace"},
                   "this version reads format 1, the document says " + shown(*version), "1");
    return false;
}

void read_identity(Reading& reading, const Value& root, core::Document& document) {
    const Path path;
    if (const Value* const id =
            reading.require(root, path, "id", "a workflow has an id such as order-intake")) {
        const Path at{path, "id"};
        document.id = reading.text(*id, at);
        if (id->is_string() && !is_workflow_id(document.id)) {
            reading.report(ProblemCode::bad_value, at,
                           quoted(document.id) +
                               " is no workflow id; use lower-case letters, digits and -, at most "
                               "63, not - first",
                           suggest_workflow_id(document.id));
        }
    }
    if (const Value* const name = root.find("name")) {
        document.name = reading.text(*name, Path{path, "name"});
    }
    if (const Value* const description = root.find("description")) {
        document.description = reading.text(*description, Path{path, "description"});
    }
    if (const Value* const folder = root.find("folder")) {
        const Path at{path, "folder"};
        document.folder = reading.text(*folder, at);
        if (folder->is_string() && !is_folder(document.folder)) {
            reading.report(ProblemCode::bad_value, at,
                           quoted(document.folder) +
                               " is no folder; write names joined by /, such as sales/orders");
        }
    }
}

void read_tags(Reading& reading, const Value& value, const Path& path, core::Document& document) {
    if (!reading.array(value, path)) return;
    std::set<std::string, std::less<>> known;
    for (const Value& element : value.as_array()) {
        const Path at{path, document.tags.size()};
        std::string tag = reading.filled_text(element, at);
        if (element.is_string() && !known.insert(tag).second) {
            reading.report(ProblemCode::bad_value, at, "tag " + quoted(tag) + " is given twice");
        }
        document.tags.push_back(std::move(tag));
    }
}

void read_inputs(Reading& reading, const Value& value, const Path& path, core::Document& document) {
    if (!value.is_object()) return reading.wrong_kind(value, path, "a JSON Schema (an object)");
    const auto compiled = compile_schema(value);
    if (!compiled) {
        return reading.report(ProblemCode::schema, path,
                              "no JSON Schema: " + compiled.error().message());
    }
    document.inputs = value;
}

void read_variables(Reading& reading, const Value& value, const Path& path,
                    core::Document& document) {
    if (!value.is_object()) {
        return reading.wrong_kind(value, path, "an object of names and defaults");
    }
    for (const core::Member& member : value.as_object()) {
        const Path at{path, member.key};
        reading.name(Value{member.key}, at, "variable name");
        document.variables.push_back({member.key, reading.data(member.value, at)});
    }
}

void read_nodes(Reading& reading, const Value& root, const DocumentLimits& limits,
                core::Document& document) {
    const Path top;
    const Value* const value =
        reading.require(root, top, "nodes", "a workflow has a list of nodes");
    const Path path{top, "nodes"};
    if (value == nullptr || !reading.array(*value, path)) return;
    if (value->size() > limits.nodes_max) {
        return reading.report(ProblemCode::limit, path,
                              "the workflow has " + std::to_string(value->size()) +
                                  " nodes, more than the limit of " +
                                  std::to_string(limits.nodes_max));
    }
    std::map<std::string, std::size_t, std::less<>> ids;
    for (const Value& element : value->as_array()) {
        const std::size_t index = document.nodes.size();
        const Path at{path, index};
        core::NodeSpec node = read_node(reading, element, at);
        const auto [first, is_new] = ids.try_emplace(node.id, index);
        if (!is_new && !node.id.empty()) {
            reading.report(ProblemCode::duplicate_id, Path{at, "id"},
                           "node id " + quoted(node.id) + " is taken by nodes[" +
                               std::to_string(first->second) + "]; rename one of them");
        }
        document.nodes.push_back(std::move(node));
    }
}

void read_connections(Reading& reading, const Value& value, const Path& path,
                      const DocumentLimits& limits, core::Document& document) {
    if (!reading.array(value, path)) return;
    const std::size_t most = std::min(limits.connections_max, std::size_t{1} << 32);
    std::size_t index = 0;
    for (const Value& element : value.as_array()) {
        // One more than the limit is room enough to see that it is passed.
        const std::size_t room = most + 1 - document.connections.size();
        read_connection(reading, element, Path{path, index++}, room, document.connections);
        if (document.connections.size() <= most) continue;
        return reading.report(ProblemCode::limit, path,
                              "the workflow has more connections than the limit of " +
                                  std::to_string(most) + "; split it into sub-workflows");
    }
}

void read_parts(Reading& reading, const Value& root, const DocumentLimits& limits,
                core::Document& document) {
    const Path path;
    read_identity(reading, root, document);
    if (const Value* const tags = root.find("tags")) {
        read_tags(reading, *tags, Path{path, "tags"}, document);
    }
    if (const Value* const inputs = root.find("inputs")) {
        read_inputs(reading, *inputs, Path{path, "inputs"}, document);
    }
    if (const Value* const variables = root.find("variables")) {
        read_variables(reading, *variables, Path{path, "variables"}, document);
    }
    if (const Value* const settings = root.find("settings")) {
        document.settings = read_settings(reading, *settings, Path{path, "settings"});
    }
    read_nodes(reading, root, limits, document);
    if (const Value* const connections = root.find("connections")) {
        read_connections(reading, *connections, Path{path, "connections"}, limits, document);
    }
    if (const Value* const outputs = root.find("outputs")) {
        const Path at{path, "outputs"};
        if (outputs->is_null()) reading.wrong_kind(*outputs, at, "a value");
        document.outputs = reading.data(*outputs, at);
    }
    if (const Value* const editor = root.find("editor")) {
        if (reading.object(*editor, Path{path, "editor"}, editor_keys)) document.editor = *editor;
    }
}

}  // namespace

DocumentRead read_document(const Value& root, const DocumentLimits& limits) {
    Reading reading;
    core::Document document;
    if (!root.is_object()) {
        reading.wrong_kind(root, Path{}, "a workflow document (an object)");
    } else if (check_format_version(reading, root)) {
        reading.object(root, Path{}, document_keys, &document.extensions);
        read_parts(reading, root, limits, document);
    }
    DocumentRead read;
    read.problems = std::move(reading.problems);
    read.warnings = std::move(reading.warnings);
    (read.problems.empty() ? read.document : read.draft) = std::move(document);
    return read;
}

DocumentRead read_document(const SourceText& source, const DocumentLimits& limits) {
    TreeRead tree = read_tree(source, limits);
    if (!tree.value) {
        DocumentRead read;
        read.problems = std::move(tree.problems);
        return read;
    }
    DocumentRead read = read_document(*tree.value, limits);
    if (!read.problems.empty()) place_problems(source, read.problems);
    if (!read.warnings.empty()) place_problems(source, read.warnings);
    return read;
}

}  // namespace millrace::format
