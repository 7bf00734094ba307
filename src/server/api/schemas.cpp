// SPDX-License-Identifier: Apache-2.0
#include "api/schemas.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/problem.hpp"
#include "api/schema_bundle.hpp"
#include "millrace/core/check.hpp"
#include "millrace/format/json.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/format/test_document.hpp"

namespace millrace::server {

using core::Value;

namespace {

constexpr std::string_view shared_schemas = R"json({
"Any": {"description": "Any JSON value."},
"Time": {"description": "RFC 3339 in UTC with milliseconds.", "type": "string", "format": "date-time"},
"ProblemDetail": {
  "description": "One thing that is wrong with a request.",
  "type": "object",
  "required": ["path", "code", "message"],
  "properties": {
    "path": {"description": "JSON Pointer into the body; empty: all of it.", "type": "string"},
    "code": {"description": "Stable.", "type": "string"},
    "message": {"description": "What is wrong, for people.", "type": "string"},
    "node_id": {"description": "The node that it is about.", "type": "string"},
    "line": {"description": "In the text of the body, from 1.", "type": "integer", "minimum": 1},
    "column": {"description": "Byte of the line, from 1.", "type": "integer", "minimum": 1},
    "suggestion": {"description": "What was probably meant.", "type": "string"}
  }
},
"Failure": {
  "description": "What a node or an execution did wrong.",
  "type": "object",
  "required": ["code", "class", "message", "recoverable"],
  "properties": {
    "code": {"description": "Stable, such as `http_503`.", "type": "string"},
    "class": {"enum": ["internal", "timeout", "connection", "http_4xx", "http_5xx", "validation",
                       "expression", "script", "limit", "canceled"]},
    "message": {"type": "string"},
    "node_id": {"type": "string"},
    "attempt": {"type": "integer", "minimum": 1},
    "recoverable": {"description": "A later attempt may succeed.", "type": "boolean"},
    "details": {},
    "cause": {"$ref": "#/components/schemas/Failure"}
  }
},
"DocumentProblem": {
  "description": "One thing wrong with a document, and how to mend it.",
  "type": "object",
  "required": ["code", "path", "message"],
  "properties": {
    "code": {"type": "string"},
    "path": {"description": "JSON Pointer into the document.", "type": "string"},
    "message": {"type": "string"},
    "node_id": {"type": "string"},
    "file": {"type": "string"},
    "line": {"type": "integer", "minimum": 1},
    "column": {"type": "integer", "minimum": 1},
    "suggestion": {"description": "What to put instead.", "type": "string"}
  }
},
"ValidationResult": {
  "type": "object",
  "required": ["valid", "errors", "warnings"],
  "properties": {
    "valid": {"type": "boolean"},
    "errors": {"type": "array", "items": {"$ref": "#/components/schemas/DocumentProblem"}},
    "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/DocumentProblem"}}
  }
},
"ExecutionStatus": {
  "description": "`completed`, `failed` and `canceled` never change.",
  "enum": ["pending", "running", "waiting", "paused", "completed", "failed", "canceled"]
},
"NodeStatus": {
  "enum": ["pending", "running", "waiting", "completed", "failed", "skipped", "canceled"]
},
"Accepted": {
  "description": "The execution is durable and will run to its end.",
  "type": "object",
  "required": ["execution_id", "status"],
  "properties": {
    "execution_id": {"type": "string", "format": "uuid"},
    "status": {"$ref": "#/components/schemas/ExecutionStatus"}
  }
},
"Attempt": {
  "type": "object",
  "required": ["number", "status", "started_at", "completed_at", "executor"],
  "properties": {
    "number": {"type": "integer", "minimum": 1},
    "status": {"enum": ["running", "completed", "failed", "canceled"]},
    "started_at": {"$ref": "#/components/schemas/Time"},
    "completed_at": {"type": ["string", "null"], "format": "date-time"},
    "error": {"$ref": "#/components/schemas/Failure"},
    "backoff_ms": {"description": "The wait before this attempt.", "type": "integer", "minimum": 0},
    "reissued": {"description": "How often a restart had it done again.", "type": "integer"},
    "executor": {"description": "Who did it.", "type": ["string", "null"]},
    "child_execution_id": {"description": "The execution that it has started and waits for.",
                           "type": "string"}
  }
},
"NodeRun": {
  "description": "What has become of one node in one execution.",
  "type": "object",
  "required": ["status", "input", "outputs", "error", "attempts", "started_at", "completed_at",
               "duration_ms", "retry_count", "execution_order"],
  "properties": {
    "id": {"description": "Of the node; in lists.", "type": "string"},
    "path": {"description": "`charge`, or `loop[3].charge` within a container; in lists.",
             "type": "string"},
    "type": {"description": "Of the node; in lists.", "type": "string"},
    "status": {"$ref": "#/components/schemas/NodeStatus"},
    "input": {"description": "What its first input port got."},
    "outputs": {"description": "By port.", "type": ["object", "null"]},
    "error": {"anyOf": [{"$ref": "#/components/schemas/Failure"}, {"type": "null"}]},
    "recovered_by": {"description": "`default`, or the fallback's id.", "type": "string"},
    "undone_by": {"description": "The node that has undone it.", "type": "string"},
    "attempts": {"type": "array", "items": {"$ref": "#/components/schemas/Attempt"}},
    "started_at": {"type": ["string", "null"], "format": "date-time"},
    "completed_at": {"type": ["string", "null"], "format": "date-time"},
    "duration_ms": {"type": ["integer", "null"]},
    "retry_count": {"type": "integer", "minimum": 0},
    "execution_order": {"description": "1 for the first that started.", "type": ["integer", "null"]},
    "iterations": {
      "description": "Of a container.",
      "type": "object",
      "properties": {
        "opened": {"type": "integer"}, "completed": {"type": "integer"},
        "failed": {"type": "integer"}, "canceled": {"type": "integer"}
      }
    }
  }
},
"ExecutionMetrics": {
  "type": "object",
  "properties": {
    "nodes_total": {"type": "integer"}, "nodes_completed": {"type": "integer"},
    "nodes_failed": {"type": "integer"}, "nodes_skipped": {"type": "integer"},
    "nodes_canceled": {"type": "integer"}, "attempts": {"type": "integer"},
    "retries": {"type": "integer"}, "duration_ms": {"type": ["integer", "null"]}
  }
},
"Trigger": {
  "description": "What has started an execution.",
  "type": "object",
  "required": ["node", "type", "at", "data"],
  "properties": {
    "node": {"type": "string"},
    "type": {"type": "string"},
    "at": {"$ref": "#/components/schemas/Time"},
    "data": {}
  }
},
"Execution": {
  "description": "All that is known of an execution, with the nodes of its top level.",
  "type": "object",
  "required": ["id", "workflow_id", "workflow_version", "status", "trigger", "inputs", "variables",
               "outputs", "error", "labels", "created_at", "started_at", "completed_at",
               "parent_id", "nodes", "metrics"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "workflow_id": {"type": "string"},
    "workflow_version": {"type": "integer", "minimum": 1},
    "status": {"$ref": "#/components/schemas/ExecutionStatus"},
    "trigger": {"anyOf": [{"$ref": "#/components/schemas/Trigger"}, {"type": "null"}]},
    "inputs": {},
    "variables": {},
    "outputs": {},
    "error": {"anyOf": [{"$ref": "#/components/schemas/Failure"}, {"type": "null"}]},
    "labels": {"type": "object"},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "start_at": {"description": "Not before this.", "type": "string", "format": "date-time"},
    "started_at": {"type": ["string", "null"], "format": "date-time"},
    "completed_at": {"type": ["string", "null"], "format": "date-time"},
    "parent_id": {"description": "The execution that has started it.",
                  "type": ["string", "null"]},
    "parent_path": {"description": "The run there.", "type": "string"},
    "trace_id": {"description": "32 hexadecimal digits, as W3C Trace Context has it.",
                 "type": "string"},
    "forked_from": {"description": "The execution whose results it took over.", "type": "string"},
    "from_path": {"description": "The run that it went on from.", "type": "string"},
    "paused_before": {"description": "The run before which it has paused.", "type": "string"},
    "nodes": {"description": "By id.", "type": "object",
              "additionalProperties": {"$ref": "#/components/schemas/NodeRun"}},
    "metrics": {"$ref": "#/components/schemas/ExecutionMetrics"}
  }
},
"ExecutionSummary": {
  "description": "An execution as lists show it.",
  "type": "object",
  "required": ["id", "workflow_id", "workflow_version", "status", "created_at", "completed_at"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "workflow_id": {"type": "string"},
    "workflow_version": {"type": "integer", "minimum": 1},
    "status": {"$ref": "#/components/schemas/ExecutionStatus"},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "completed_at": {"type": ["string", "null"], "format": "date-time"},
    "parent_id": {"description": "The execution that has started it, if one has.",
                  "type": "string"}
  }
}
})json";

/// The problem document; its codes are those of the one table.
Value problem_schema() {
    std::vector<Value> codes;
    for (const ProblemKind& kind : problem_codes())
        codes.emplace_back(kind.code);
    const Value text = Value::object({{"type", "string"}});
    const auto said = [](std::string_view description) {
        return Value::object({{"type", "string"}, {"description", description}});
    };
    return Value::object(
        {{"description", "Why a request was not done (RFC 9457)."},
         {"type", "object"},
         {"required", Value::array({"type", "title", "status", "detail", "code"})},
         {"properties",
          Value::object(
              {{"type", said("The page of the code: `/problems/CODE`.")},
               {"title", text},
               {"status", Value::object({{"type", "integer"}, {"minimum", 400}, {"maximum", 599}})},
               {"detail", said("What is wrong here, and what to do about it.")},
               {"instance", said("Names the request in the server's log.")},
               {"code", Value::object({{"description", "Stable; for programs."},
                                       {"enum", Value::array(std::move(codes))}})},
               {"errors",
                Value::object({{"type", "array"}, {"items", schema_ref("ProblemDetail")}})}})}});
}

/// A published schema with its definitions beside it: `Workflow`, `Workflow.node`.
void add_published(RouteTable& table, const std::string& name, std::string_view text) {
    const auto schema = format::read_json(text);
    MR_CHECK(schema.has_value());
    const std::string prefix = std::string{component_prefix} + name + ".";
    const auto moved = [&](const Value& part) {
        return with_references(part, "#/definitions/", prefix);
    };
    core::ObjectBuilder root;
    for (const auto& [key, value] : schema->as_object()) {
        if (key != "$schema" && key != "definitions") root.set(key, moved(value));
    }
    table.schemas.emplace_back(name, std::move(root).build());
    const Value* const definitions = schema->find("definitions");
    MR_CHECK(definitions != nullptr);
    for (const auto& [key, value] : definitions->as_object())
        table.schemas.emplace_back(name + "." + key, moved(value));
}

}  // namespace

void add_common_schemas(RouteTable& table) {
    table.schemas.emplace_back("Problem", problem_schema());
    const auto shared = format::read_json(shared_schemas);
    MR_CHECK(shared.has_value());
    for (const auto& [name, schema] : shared->as_object())
        table.schemas.emplace_back(name, schema);
    add_published(table, "Workflow", format::workflow_schema());
    add_published(table, "TestDocument", format::test_schema());
}

}  // namespace millrace::server
