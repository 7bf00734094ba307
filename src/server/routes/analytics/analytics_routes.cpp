// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "api/answer.hpp"
#include "routes/analytics/analytics_query.hpp"
#include "routes/routes.hpp"

namespace millrace::server {
namespace {

constexpr const char* parts = R"json({
"AnalyticsDuration": {
  "description": "Of what ended, in milliseconds from its start; null when nothing did. Quantiles are within 3.2 %.",
  "type": ["object", "null"],
  "required": ["count", "average", "min", "max", "p50", "p95", "p99"],
  "properties": {
    "count": {"type": "integer"},
    "average": {"type": "number"},
    "min": {"type": "integer"},
    "max": {"type": "integer"},
    "p50": {"type": "integer"},
    "p95": {"type": "integer"},
    "p99": {"type": "integer"}
  }
},
"AnalyticsUsage": {
  "description": "What attempts were measured to take; null when none was.",
  "type": ["object", "null"],
  "required": ["attempts", "average", "max", "total"],
  "properties": {
    "attempts": {"type": "integer"},
    "average": {"type": "number"},
    "max": {"type": "integer"},
    "total": {"type": "integer"}
  }
},
"AnalyticsCounts": {
  "type": "object",
  "required": ["started", "completed", "failed", "canceled", "retries", "success_rate", "error_rate", "duration_ms", "errors", "resources"],
  "properties": {
    "started": {"type": "integer", "description": "Executions by the time of their creation; runs of nodes by that of their end, like all else."},
    "completed": {"type": "integer"},
    "failed": {"type": "integer"},
    "canceled": {"type": "integer"},
    "skipped": {"type": "integer", "description": "Runs of nodes only."},
    "attempts": {"type": "integer", "description": "Runs of nodes only."},
    "retries": {"type": "integer", "description": "Of runs: attempts after a failed one; of executions: of all of it."},
    "success_rate": {"type": ["number", "null"], "description": "Of what completed or failed, the share that completed; null when nothing did."},
    "error_rate": {"type": ["number", "null"], "description": "The share that failed."},
    "duration_ms": {"$ref": "#/components/schemas/AnalyticsDuration"},
    "errors": {
      "description": "Codes of failures, the most frequent first. Beyond 32 in a span of time the rarest are counted as `other`.",
      "type": "array",
      "items": {
        "type": "object",
        "required": ["code", "count", "share"],
        "properties": {"code": {"type": "string"}, "count": {"type": "integer"}, "share": {"type": "number"}}
      }
    },
    "resources": {
      "type": "object",
      "required": ["cpu_us", "memory_bytes", "sent_bytes", "received_bytes"],
      "additionalProperties": {"$ref": "#/components/schemas/AnalyticsUsage"}
    }
  }
},
"AnalyticsRange": {
  "type": "object",
  "required": ["from", "to", "gaps"],
  "properties": {
    "from": {"$ref": "#/components/schemas/Time"},
    "to": {"$ref": "#/components/schemas/Time"},
    "gaps": {
      "description": "Times of which executions were not counted, or not all; `from` null: all before.",
      "type": "array",
      "items": {
        "type": "object",
        "required": ["from", "to"],
        "properties": {"from": {"type": ["string", "null"], "format": "date-time"}, "to": {"$ref": "#/components/schemas/Time"}}
      }
    }
  }
},
"AnalyticsTrend": {
  "type": "array",
  "items": {
    "type": "object",
    "required": ["start", "started", "completed", "failed", "canceled", "success_rate", "average_ms", "p95_ms"],
    "properties": {
      "start": {"$ref": "#/components/schemas/Time"},
      "started": {"type": "integer"},
      "completed": {"type": "integer"},
      "failed": {"type": "integer"},
      "canceled": {"type": "integer"},
      "success_rate": {"type": ["number", "null"]},
      "average_ms": {"type": ["number", "null"]},
      "p95_ms": {"type": ["integer", "null"]}
    }
  }
}
})json";

constexpr const char* wholes = R"json({
"Analytics": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}, {"$ref": "#/components/schemas/AnalyticsCounts"}],
  "required": ["workflow_id", "bucket", "trend"],
  "properties": {
    "workflow_id": {"type": "string"},
    "node_id": {"type": "string"},
    "bucket": {"enum": ["minute", "hour", "day"]},
    "trend": {"$ref": "#/components/schemas/AnalyticsTrend"}
  }
},
"NodeAnalyticsList": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}],
  "required": ["workflow_id", "items"],
  "properties": {
    "workflow_id": {"type": "string"},
    "items": {
      "type": "array",
      "items": {
        "allOf": [{"$ref": "#/components/schemas/AnalyticsCounts"}],
        "required": ["node_id", "skipped", "attempts"],
        "properties": {"node_id": {"type": "string"}}
      }
    }
  }
},
"WorkflowCounts": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsCounts"}],
  "required": ["workflow_id"],
  "properties": {"workflow_id": {"type": "string"}}
},
"AnalyticsOverview": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}, {"$ref": "#/components/schemas/AnalyticsCounts"}],
  "required": ["live_executions", "bucket", "trend", "workflows"],
  "properties": {
    "live_executions": {"type": "integer", "description": "In memory now."},
    "bucket": {"enum": ["minute", "hour", "day"]},
    "trend": {"$ref": "#/components/schemas/AnalyticsTrend"},
    "workflows": {"type": "array", "items": {"$ref": "#/components/schemas/WorkflowCounts"}}
  }
},
"UsageReport": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}, {"$ref": "#/components/schemas/AnalyticsCounts"}],
  "required": ["items"],
  "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/WorkflowCounts"}}}
},
"TopErrors": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}],
  "required": ["failed", "items"],
  "properties": {
    "failed": {"type": "integer"},
    "items": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["code", "count", "share", "workflows"],
        "properties": {
          "code": {"type": "string"},
          "count": {"type": "integer"},
          "share": {"type": "number"},
          "workflows": {
            "description": "At most ten, the worst first.",
            "type": "array",
            "items": {"type": "object", "required": ["workflow_id", "count"], "properties": {"workflow_id": {"type": "string"}, "count": {"type": "integer"}}}
          }
        }
      }
    }
  }
},
"Heatmap": {
  "allOf": [{"$ref": "#/components/schemas/AnalyticsRange"}],
  "required": ["workflow_id", "timezone", "slots"],
  "properties": {
    "workflow_id": {"type": "string"},
    "timezone": {"type": "string"},
    "slots": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["count", "completed", "failed", "success_rate"],
        "properties": {
          "weekday": {"type": "integer", "minimum": 1, "maximum": 7, "description": "1 is Monday."},
          "hour": {"type": "integer", "minimum": 0, "maximum": 23},
          "start": {"$ref": "#/components/schemas/Time"},
          "local_start": {"type": "string", "format": "date-time"},
          "count": {"type": "integer", "description": "Executions that ended."},
          "completed": {"type": "integer"},
          "failed": {"type": "integer"},
          "success_rate": {"type": ["number", "null"]}
        }
      }
    }
  }
},
"TimelineEntry": {
  "type": "object",
  "required": ["id", "workflow_version", "status", "created_at", "completed_at", "duration_ms"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "workflow_version": {"type": "integer", "minimum": 1},
    "status": {"$ref": "#/components/schemas/ExecutionStatus"},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "completed_at": {"type": ["string", "null"], "format": "date-time"},
    "duration_ms": {"type": ["integer", "null"]}
  }
}
})json";

}  // namespace

void add_analytics_routes(RouteTable& table, Services& services) {
    for (const char* const text : {parts, wholes}) {
        const core::Value schemas = schema_of(text);
        for (const core::Member& schema : schemas.as_object())
            table.schemas.emplace_back(schema.key, schema.value);
    }
    add_workflow_analytics_routes(table, services);
    add_overall_analytics_routes(table, services);
}

}  // namespace millrace::server
