// SPDX-License-Identifier: Apache-2.0
#include "routes/workflows/workflow_routes.hpp"

#include "api/answer.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view entry_schema = R"({
  "type": "object",
  "required": ["id", "name", "folder", "tags", "origin", "head_version", "head_hash",
               "active_version", "created_at", "updated_at"],
  "properties": {
    "id": {"type": "string"},
    "name": {"type": "string"},
    "folder": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "origin": {"enum": ["run", "put", "file"],
               "description": "`run`: only run from a file; `put`: saved here; `file`: kept equal to a file, which is the place to change it."},
    "head_version": {"type": "integer", "description": "The version that is edited."},
    "head_hash": {"type": "string"},
    "active_version": {"type": ["integer", "null"], "description": "The version that triggers start; null: the workflow is inactive."},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"}
  }
})";

constexpr std::string_view detail_schema = R"({
  "allOf": [{"$ref": "#/components/schemas/WorkflowEntry"}],
  "type": "object",
  "required": ["version", "hash", "saved_at", "document"],
  "properties": {
    "version": {"type": "integer", "description": "The version that `document` is."},
    "hash": {"type": "string", "description": "SHA-256 of the document's canonical form."},
    "saved_at": {"type": "string", "format": "date-time"},
    "document": {"$ref": "#/components/schemas/Workflow"},
    "dependencies": {
      "type": "object",
      "description": "Of each node what it needs and what it feeds, at once and in all.",
      "additionalProperties": {
        "type": "object",
        "required": ["needs", "needs_all", "feeds", "feeds_all"],
        "properties": {
          "needs": {"type": "array", "items": {"type": "string"}},
          "needs_all": {"type": "array", "items": {"type": "string"}},
          "feeds": {"type": "array", "items": {"type": "string"}},
          "feeds_all": {"type": "array", "items": {"type": "string"}}
        }
      }
    },
    "problem": {"type": "string", "description": "Why this build cannot run the version."},
    "file": {
      "type": "object",
      "description": "The file that manages the workflow.",
      "required": ["path"],
      "properties": {
        "path": {"type": "string"},
        "error": {"type": "string", "description": "Why the file is not used; the head is its last good version."}
      }
    }
  }
})";

constexpr std::string_view version_schema = R"({
  "type": "object",
  "required": ["number", "hash", "created_at", "bytes", "is_head", "is_active"],
  "properties": {
    "number": {"type": "integer"},
    "hash": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"},
    "bytes": {"type": "integer", "description": "Of the document as JSON."},
    "is_head": {"type": "boolean"},
    "is_active": {"type": "boolean"}
  }
})";

constexpr std::string_view change_schema = R"({
  "type": "object",
  "required": ["change", "path"],
  "properties": {
    "change": {"enum": ["added", "removed", "changed"]},
    "path": {"type": "string", "description": "JSON Pointer in which nodes stand by id and connections by their ends: `/nodes/charge/data/url`."},
    "before": {},
    "after": {}
  }
})";

constexpr std::string_view diff_schema = R"({
  "type": "object",
  "required": ["from", "to", "changes"],
  "properties": {
    "from": {"type": "integer"},
    "to": {"type": ["integer", "null"], "description": "Null: the document that was sent."},
    "changes": {"type": "array", "items": {"$ref": "#/components/schemas/DocumentChange"}}
  }
})";

constexpr std::string_view applied_schema = R"({
  "type": "object",
  "required": ["items", "dry_run"],
  "properties": {
    "items": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["id", "result", "active_version", "changes"],
        "properties": {
          "id": {"type": "string"},
          "result": {"enum": ["created", "changed", "adopted", "activated", "unchanged", "removed"]},
          "head_version": {"type": "integer"},
          "active_version": {"type": ["integer", "null"]},
          "changes": {"type": "array", "items": {"$ref": "#/components/schemas/DocumentChange"}}
        }
      }
    },
    "dry_run": {"type": "boolean"}
  }
})";

constexpr std::string_view dependencies_schema = R"({
  "type": "object",
  "required": ["workflow_id", "version", "node_id", "depends_on", "depended_on_by"],
  "properties": {
    "workflow_id": {"type": "string"},
    "version": {"type": "integer"},
    "node_id": {"type": "string"},
    "depends_on": {"type": "array", "items": {"$ref": "#/components/schemas/NodeDependency"}},
    "depended_on_by": {"type": "array", "items": {"$ref": "#/components/schemas/NodeDependency"}}
  }
})";

constexpr std::string_view dependency_schema = R"({
  "type": "object",
  "required": ["node_id", "direct"],
  "properties": {
    "node_id": {"type": "string"},
    "direct": {"type": "boolean", "description": "By a connection or an expression of its own; else through others."}
  }
})";

}  // namespace

void add_workflow_schemas(RouteTable& table) {
    table.schemas.emplace_back("WorkflowEntry", schema_of(entry_schema));
    table.schemas.emplace_back("WorkflowDetail", schema_of(detail_schema));
    table.schemas.emplace_back("WorkflowVersion", schema_of(version_schema));
    table.schemas.emplace_back("DocumentChange", schema_of(change_schema));
    table.schemas.emplace_back("DocumentDiff", schema_of(diff_schema));
    table.schemas.emplace_back("AppliedWorkflows", schema_of(applied_schema));
    table.schemas.emplace_back("NodeDependencies", schema_of(dependencies_schema));
    table.schemas.emplace_back("NodeDependency", schema_of(dependency_schema));
}

void add_workflow_routes(RouteTable& table, Services& services) {
    add_workflow_schemas(table);
    add_workflow_reading(table, services);
    add_workflow_writing(table, services);
    add_workflow_activation(table, services);
    add_workflow_comparing(table, services);
    add_workflow_bulk(table, services);
}

}  // namespace millrace::server
