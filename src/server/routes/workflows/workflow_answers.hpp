// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "api/message.hpp"
#include "api/problem.hpp"
#include "api/route.hpp"
#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/format/document.hpp"
#include "millrace/store/library.hpp"
#include "millrace/store/store.hpp"
#include "service/services.hpp"

// What the routes about workflows have in common.

namespace millrace::server {

/// The entry; 404 that names a similar id.
std::expected<store::WorkflowEntry, Problem> find_workflow(const Services& services,
                                                           const std::string& id);

/// 409 `managed_by_file` when a file is the place to change the workflow.
std::expected<void, Problem> require_unmanaged(const Services& services,
                                               const store::WorkflowEntry& entry);

/// 409 `managed_by_notification` when the workflow carries a notification out: that is the place to
/// change it.
std::expected<void, Problem> require_no_notification(const store::WorkflowEntry& entry);

/// Of a workflow's head; another one when something else that `GET` tells has changed.
std::string workflow_etag(const Services& services, const store::WorkflowEntry& entry);
/// Whether the head may be replaced: as `check_preconditions`, but what beside the head has changed
/// does not matter. An entry that is not there: none.
std::expected<void, Problem> check_head(const Request& request, const Services& services,
                                        const std::optional<store::WorkflowEntry>& entry);

/// One version with its workflow's entry as JSON, or its document as YAML.
Answer workflow_answer(const Services& services, const store::WorkflowEntry& entry,
                       std::uint32_t number, format::Syntax syntax, int status = 200);
/// A number in the query; none when it is not there.
std::optional<std::uint32_t> number_in_query(const Request& request, std::string_view name);
/// A version's number in the path; 404 when it is none.
std::expected<std::uint32_t, Problem> number_in_path(const Request& request,
                                                     const std::string& workflow_id);
bool flag_in_query(const Request& request, std::string_view name);

/// A parameter that is a version's number, or `true` or `false`.
Parameter number_parameter(std::string name, std::string description);
Parameter flag_parameter(std::string name, std::string description);

/// Saves a new head; what runs the workflow hears of it. `conflict` in the library's words.
core::Result<store::WorkflowSaved> put_head(Services& services, const core::Document& document,
                                            std::optional<std::uint32_t> expected_head,
                                            core::Time now);

/// `/api/v1/workflows/ID`.
std::string workflow_location(const std::string& id);

}  // namespace millrace::server
