// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "body.hpp"
#include "remote/api_client.hpp"
#include "remote/chosen_server.hpp"
#include "terminal/styled.hpp"
#include "upkeep/doctor.hpp"

namespace millrace::cli {
namespace {

using State = Finding::State;

State state_of(std::string_view status) {
    if (status == "ok") return State::good;
    return status == "degraded" ? State::warn : State::bad;
}

/// What one component says of itself.
Finding component_finding(const std::string& name, const core::Value& component) {
    const std::string status = text_at(component, "status");
    const std::string detail = text_at(component, "detail");
    return {state_of(status), name, one_line(detail.empty() ? status : status + ": " + detail),
            status == "ok" ? "" : "see the logs of the server"};
}

Finding version_finding(const core::Value& health) {
    const std::string version = one_line(text_at(health, "version"));
    if (version == MILLRACE_VERSION) return {State::good, "version", version + ", as here", ""};
    return {State::warn, "version", version + ", and here " MILLRACE_VERSION,
            "use the same version on both sides"};
}

Finding access_finding(const ApiClient& client) {
    const auto list = client.get_list(api_path({"workflows"}), {{"limit", "1"}});
    if (list) return {State::good, "access", "the API may be used", ""};
    return {State::bad, "access", one_line(list.error().message()), ""};
}

}  // namespace

std::vector<Finding> examine_named(const Context& context, const NamedServer& named) {
    const auto client = ApiClient::make(named.url, token_for(context, named.url));
    if (!client) return {{State::bad, "server", one_line(client.error().message()), ""}};
    ApiRequest request;
    request.path = "/health";
    request.takes_any_status = true;
    const auto answer = client->send(request);
    if (!answer) return {{State::bad, "server", one_line(answer.error().message()), ""}};
    const core::Value& health = answer->body;
    const std::string status = text_at(health, "status");
    if (status.empty())
        return {{State::bad, "server", one_line(client->url()) + " tells no health",
                 "is it a Millrace server?"}};
    std::vector<Finding> findings{
        {state_of(status), "server",
         one_line(client->url()) + " (" + named.origin + ") is " + one_line(status), ""},
        version_finding(health),
        access_finding(*client)};
    const core::Value* const components = member_at(health, "components");
    if (components != nullptr && components->is_object())
        for (const core::Member& member : components->as_object())
            findings.push_back(component_finding(one_line(member.key), member.value));
    return findings;
}

}  // namespace millrace::cli
