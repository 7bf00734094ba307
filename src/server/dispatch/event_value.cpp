// SPDX-License-Identifier: Apache-2.0
#include "dispatch/event_value.hpp"

#include <array>
#include <utility>

namespace millrace::server {
namespace {

constexpr std::string_view workflow_prefix = "workflow:";
constexpr std::array<std::string_view, 4> own_prefixes{"execution.", "node.", "stream.",
                                                       "millrace."};

}  // namespace

HappenedEvent happened(GivenEvent given) {
    HappenedEvent event;
    core::ObjectBuilder value;
    value.set("id", given.id)
        .set("type", given.type)
        .set("source", given.source)
        .set("time", given.time.text());
    if (!given.subject.empty()) value.set("subject", given.subject);
    value.set("data", given.data).set("depth", 0);
    event.value = std::move(value).build();
    event.id = std::move(given.id);
    event.type = std::move(given.type);
    event.source = std::move(given.source);
    event.time = given.since;
    event.data = std::move(given.data);
    event.trace = std::move(given.trace);
    return event;
}

HappenedEvent happened(const core::Event& event, const core::Value& labels, std::uint32_t depth,
                       std::string_view api) {
    HappenedEvent made;
    made.id = event.cursor();
    made.type = core::to_text(event.type);
    made.source = workflow_source(event.workflow_id);
    made.time = event.time;
    made.execution_id = event.execution_id;
    made.workflow_id = event.workflow_id;
    made.depth = depth;
    made.data = event.data;
    const std::string id = event.execution_id.text();
    core::ObjectBuilder value;
    value.set("id", made.id)
        .set("type", made.type)
        .set("source", made.source)
        .set("time", event.time.text())
        .set("subject", event.path.empty() ? id : id + "/" + event.path)
        .set("data", event.data)
        .set("depth", depth)
        .set("execution_id", id)
        .set("workflow_id", event.workflow_id)
        .set("workflow_version", event.workflow_version);
    if (!event.node_id.empty()) value.set("node_id", event.node_id).set("path", event.path);
    if (event.attempt > 0) value.set("attempt", event.attempt);
    value.set("labels", labels.is_object() ? labels : core::Value::object({}));
    value.set("url", std::string{api} + "/executions/" + id);
    value.set("workflow_url", std::string{api} + "/workflows/" + event.workflow_id);
    made.value = std::move(value).build();
    return made;
}

std::string workflow_source(std::string_view workflow_id) {
    return std::string{workflow_prefix}.append(workflow_id);
}

std::string reserved_name(std::string_view type, std::string_view source) {
    if (source.starts_with(workflow_prefix))
        return "sources that begin with workflow: are the server's own; choose another one";
    for (const std::string_view prefix : own_prefixes) {
        if (type.starts_with(prefix)) {
            return "types that begin with " + std::string{prefix} +
                   " are the server's own; choose another one, such as order.created";
        }
    }
    return {};
}

}  // namespace millrace::server
