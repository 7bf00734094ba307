// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "remote/api_client.hpp"
#include "remote/chosen_server.hpp"

namespace millrace::cli {

// Commands about what only a running server knows or does. Each asks one route and shows its body.

/// The server that is to be asked, which is told on stderr; an error that says how to get one where
/// none runs. `what`: what it is needed for, such as `schedules`.
core::Result<ApiClient> server_needed(const Context& context, Access access, std::string_view what);

}  // namespace millrace::cli
