// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "millrace/core/result.hpp"
#include "remote/api_client.hpp"

namespace millrace::cli {

/// What a command does with the data; `nothing` when it is about the program, such as its node
/// types.
enum class Access : std::uint8_t { nothing, reads, changes };

/// A server that was named, and by what: `--server` or `$MILLRACE_SERVER`. None when `--data` or
/// `--store` says that it is about the data of this machine.
struct NamedServer {
    std::string url;
    std::string origin;
};
std::optional<NamedServer> named_server(const Context& context);

/// What a server writes into its data folder while it runs.
struct RunningServer {
    std::string url;
    std::int64_t pid = 0;
    std::string started_at;
};
/// The one that runs on the chosen data, as a file of it says: its process lives, and it answers.
/// What a crash left behind is nothing.
std::optional<RunningServer> running_server(const Context& context);

/// For a server that was named: `$MILLRACE_TOKEN`, else the file `token` of the chosen data, which
/// is only for the server that runs on it and for those of this machine. Empty: none.
std::string token_for(const Context& context, const std::string& url);

/// The server that a command has to go through, which is told on stderr; none: the store of this
/// machine. A named server is used for everything, one that is only found for what is about its
/// data. Who names a store with `--store` reads that, which works beside the server that owns it;
/// it is changed by its owner only.
core::Result<std::optional<ApiClient>> server_for(const Context& context, Access access);

/// The error that a store gives where a server's is `not_found`; any other as it is. For things
/// that are not named on the command line's own account, such as the numbers of dead letters.
core::Error as_of_store(const core::Error& error);

/// For what only works on the store of this machine: an error when a server was named.
/// `what`: the command; `instead`: what to do.
core::Result<> only_local(const Context& context, std::string_view what, std::string_view instead);

}  // namespace millrace::cli
