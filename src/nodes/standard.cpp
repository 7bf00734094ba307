// SPDX-License-Identifier: Apache-2.0
#include "millrace/nodes/standard.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "behaviours.hpp"
#include "embedded/node_data.hpp"
#include "millrace/nodes/descriptor.hpp"
#include "millrace/nodes/registry.hpp"

namespace millrace::nodes {
namespace {

struct StandardType {
    std::string_view type;
    std::uint32_t version;
    Behaviour (*behaviour)();
};

constexpr std::array standard_types = std::to_array<StandardType>({
    {"trigger.manual", 1, trigger_manual},
    {"trigger.webhook", 1, trigger_webhook},
    {"trigger.schedule", 1, trigger_schedule},
    {"trigger.form", 1, trigger_form},
    {"trigger.event", 1, trigger_event},
    {"data.set", 1, data_set},
    {"data.template", 1, data_template},
    {"data.map", 1, data_map},
    {"data.filter", 1, data_filter},
    {"data.reduce", 1, data_reduce},
    {"data.sort", 1, data_sort},
    {"data.aggregate", 1, data_aggregate},
    {"data.group", 1, data_group},
    {"data.split", 1, data_split},
    {"data.join", 1, data_join},
    {"data.dedupe", 1, data_dedupe},
    {"data.lookup", 1, data_lookup},
    {"data.validate", 1, data_validate},
    {"data.convert", 1, data_convert},
    {"json.parse", 1, json_parse},
    {"json.stringify", 1, json_stringify},
    {"json.query", 1, json_query},
    {"json.patch", 1, json_patch},
    {"json.merge", 1, json_merge},
    {"text.regex", 1, text_regex},
    {"crypto.hash", 1, crypto_hash},
    {"crypto.hmac", 1, crypto_hmac},
    {"crypto.encode", 1, crypto_encode},
    {"flow.if", 1, flow_if},
    {"flow.switch", 1, flow_switch},
    {"flow.merge", 1, flow_merge},
    {"flow.loop", 1, flow_loop},
    {"flow.try", 1, flow_try},
    {"flow.delay", 1, flow_delay},
    {"flow.wait", 1, flow_wait},
    {"flow.subworkflow", 1, flow_subworkflow},
    {"flow.fail", 1, flow_fail},
    {"flow.respond", 1, flow_respond},
    {"debug.log", 1, debug_log},
    {"http.request", 1, http_request},
    {"email.send", 1, email_send},
    {"db.sqlite", 1, db_sqlite},
    {"file.read", 1, file_read},
    {"file.write", 1, file_write},
    {"file.list", 1, file_list},
    {"file.delete", 1, file_delete},
    {"command.run", 1, command_run},
});

core::Result<> register_one(Registry& registry, std::string_view path, std::string_view json) {
    core::Result<core::NodeType> type = read_descriptor(path, json);
    if (!type) return std::unexpected{type.error()};
    const auto known = std::ranges::find_if(standard_types, [&type](const StandardType& standard) {
        return standard.type == type->type && standard.version == type->version;
    });
    if (known == standard_types.end()) {
        return core::fail(RegistryErrc::bad_descriptor,
                          std::string{path} + ": no behaviour is known for " + type->type + "@" +
                              std::to_string(type->version));
    }
    return registry.add(*std::move(type), known->behaviour());
}

}  // namespace

core::Result<> register_standard(Registry& registry) {
    for (const auto& [path, content] : embedded::node_data::files()) {
        if (!path.ends_with("node.json")) continue;
        if (core::Result<> added = register_one(registry, path, content); !added) return added;
    }
    for (const StandardType& standard : standard_types) {
        if (!registry.has(standard.type, standard.version)) {
            return core::fail(RegistryErrc::bad_descriptor,
                              std::string{standard.type} + " has a behaviour but no descriptor");
        }
    }
    return {};
}

std::vector<ExampleWorkflow> example_workflows() {
    std::vector<ExampleWorkflow> examples;
    for (const auto& [path, content] : embedded::node_data::files()) {
        if (path.ends_with(".workflow.yaml")) examples.push_back({path, content});
    }
    return examples;
}

}  // namespace millrace::nodes
