// SPDX-License-Identifier: Apache-2.0
#include "api/problem.hpp"

#include <array>
#include <utility>

#include "millrace/core/json.hpp"
#include "millrace/engine/frame.hpp"
#include "millrace/engine/plan.hpp"
#include "millrace/format/schema.hpp"
#include "millrace/nodes/registry.hpp"
#include "millrace/runtime/credential_types.hpp"
#include "millrace/runtime/rehearsal.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/runtime/vault.hpp"
#include "millrace/server/activation.hpp"
#include "millrace/server/apply.hpp"
#include "millrace/store/store.hpp"

// Which problem an error of a room below is: what knows all of them is apart from what only tells
// problems.

namespace millrace::server {
namespace {

/// Of one room's errors; a code that is not listed is the server's own mistake.
template <class E, std::size_t N>
std::string_view choose(const core::Error& error,
                        const std::array<std::pair<E, std::string_view>, N>& choices) {
    for (const auto& [code, problem_code] : choices) {
        if (error.is(code)) return problem_code;
    }
    return {};
}

std::string_view of_store(const core::Error& error) {
    using enum store::StoreErrc;
    static constexpr auto choices = std::to_array<std::pair<store::StoreErrc, std::string_view>>({
        {io, "unavailable"},
        {full, "unavailable"},
        {read_only, "unavailable"},
        {locked, "unavailable"},
        {outcome_unknown, "unavailable"},
        {stale_epoch, "stopped"},
        {timed_out, "timed_out"},
        {not_found, "not_found"},
        {conflict, "conflict"},
        {bad_argument, "bad_request"},
    });
    return choose(error, choices);
}

std::string_view of_runtime(const core::Error& error) {
    using enum runtime::RuntimeErrc;
    static constexpr auto choices =
        std::to_array<std::pair<runtime::RuntimeErrc, std::string_view>>({
            {unavailable, "unavailable"},
            {busy, "busy"},
            {stopped, "stopped"},
            {not_live, "conflict"},
            {bad_workflow, "invalid"},
            {timed_out, "timed_out"},
            {bad_option, "invalid"},
        });
    return choose(error, choices);
}

std::string_view of_engine(const core::Error& error) {
    using enum engine::CommandErrc;
    static constexpr auto commands =
        std::to_array<std::pair<engine::CommandErrc, std::string_view>>({
            {not_found, "not_found"},
            {already_exists, "conflict"},
            {already_finished, "already_finished"},
            {too_large, "too_large"},
            {not_allowed, "not_allowed"},
            {unknown_node, "not_found"},
            {bad_variable, "invalid"},
            {bad_option, "invalid"},
            {too_many_executions, "too_many_executions"},
        });
    if (const std::string_view code = choose(error, commands); !code.empty()) return code;
    using engine::StartErrc;
    static constexpr auto starts = std::to_array<std::pair<StartErrc, std::string_view>>({
        {StartErrc::unknown_trigger, "invalid"},
        {StartErrc::no_trigger, "invalid"},
        {StartErrc::ambiguous_trigger, "invalid"},
        {StartErrc::bad_input, "invalid"},
        {StartErrc::bad_variable, "invalid"},
    });
    return choose(error, starts);
}

std::string_view of_shell(const core::Error& error) {
    using runtime::VaultErrc;
    static constexpr auto vault = std::to_array<std::pair<VaultErrc, std::string_view>>({
        {VaultErrc::no_key, "unavailable"},
        {VaultErrc::bad_key, "unavailable"},
        {VaultErrc::wrong_key, "unavailable"},
        {VaultErrc::io, "unavailable"},
    });
    if (const std::string_view code = choose(error, vault); !code.empty()) return code;
    using runtime::CredentialErrc;
    static constexpr auto credentials = std::to_array<std::pair<CredentialErrc, std::string_view>>({
        {CredentialErrc::unknown_type, "invalid"},
        {CredentialErrc::bad_field, "invalid"},
        {CredentialErrc::bad_name, "invalid"},
    });
    if (const std::string_view code = choose(error, credentials); !code.empty()) return code;
    using runtime::RehearsalErrc;
    static constexpr auto rehearsal = std::to_array<std::pair<RehearsalErrc, std::string_view>>({
        {RehearsalErrc::did_not_end, "invalid"},
        {RehearsalErrc::refused, "invalid"},
        {RehearsalErrc::effect_timed_out, "timed_out"},
        {RehearsalErrc::bad_option, "invalid"},
    });
    return choose(error, rehearsal);
}

std::string_view of_others(const core::Error& error) {
    using nodes::RegistryErrc;
    static constexpr auto registry = std::to_array<std::pair<RegistryErrc, std::string_view>>({
        {RegistryErrc::bad_descriptor, "invalid"},
        {RegistryErrc::already_registered, "conflict"},
        {RegistryErrc::not_registered, "not_found"},
    });
    if (const std::string_view code = choose(error, registry); !code.empty()) return code;
    if (error.is(ActivationErrc::webhook_conflict)) return "webhook_conflict";
    if (error.is(ApplyErrc::managed_by_notification)) return "managed_by_notification";
    if (error.is(core::JsonErrc::syntax)) return "malformed_json";
    if (error.is(core::JsonErrc::limit)) return "too_large";
    if (error.is(core::DurationErrc::bad_duration)) return "bad_request";
    if (error.is(format::SchemaErrc::bad_schema)) return "invalid";
    return {};
}

}  // namespace

Problem problem_of(const core::Error& error) {
    for (const auto& of : {of_store, of_runtime, of_engine, of_shell, of_others}) {
        if (const std::string_view code = of(error); !code.empty())
            return problem(code, error.message());
    }
    return problem("internal", error.message());
}

}  // namespace millrace::server
