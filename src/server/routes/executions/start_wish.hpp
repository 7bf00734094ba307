// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string_view>

#include "api/problem.hpp"
#include "millrace/core/value.hpp"
#include "millrace/runtime/runtime.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {

/// What a caller who starts a workflow asks for; `request` has no plan yet.
struct StartWish {
    runtime::StartRequest request;
    VersionChoice version;
};

/// JSON Schema of such a body.
inline constexpr std::string_view start_wish_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "input": {"description": "What the workflow's `inputs` describe. Bytes are written as {\"$bytes\": \"<base64>\"}."},
    "trigger": {"type": "string", "description": "Id of the trigger to start at; needed when more than one can be meant."},
    "version": {
      "description": "A version's number, or `head` for the one that is edited. Else the active version runs, or the head of a workflow that is not active.",
      "anyOf": [{"type": "integer", "minimum": 1, "maximum": 4294967295}, {"const": "head"}]
    },
    "variables": {"type": "object", "description": "Values in the place of the defaults of these variables."},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Names and texts to find the execution by."},
    "priority": {"type": "integer", "minimum": -100, "maximum": 100, "description": "Lower goes first; else the workflow's."},
    "start_at": {"type": "string", "format": "date-time", "description": "Not before this time; until then it is pending."},
    "mock_external": {"type": "boolean", "description": "Effects are not performed: they complete at once with a stand-in."},
    "pins": {
      "type": "object",
      "additionalProperties": {"type": "object"},
      "description": "{NODE or PATH: {PORT: value}}: what these runs give instead of being run."
    },
    "breakpoints": {"type": "array", "items": {"type": "string"}, "description": "Ids of nodes before which the execution pauses."}
  }
})";

/// Of a body that fits the schema, or null; `pointer` leads to it in the request's body.
std::expected<StartWish, Problem> read_start_wish(const core::Value& body,
                                                  std::string_view pointer = {});

}  // namespace millrace::server
