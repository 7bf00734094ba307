// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route.hpp"
#include "service/services.hpp"

// The routes about workflows, by what they do.

namespace millrace::server {

inline constexpr const char* workflows_tag = "Workflows";

/// The list, one, its versions.
void add_workflow_reading(RouteTable& table, Services& services);
/// POST, PUT, DELETE, versions beside the head, copies.
void add_workflow_writing(RouteTable& table, Services& services);
void add_workflow_activation(RouteTable& table, Services& services);
/// Differences, checks, what depends on what.
void add_workflow_comparing(RouteTable& table, Services& services);
/// Many at once: apply and export.
void add_workflow_bulk(RouteTable& table, Services& services);
void add_workflow_schemas(RouteTable& table);

}  // namespace millrace::server
