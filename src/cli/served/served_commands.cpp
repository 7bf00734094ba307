// SPDX-License-Identifier: Apache-2.0
#include "served/served_commands.hpp"

#include <string>
#include <utility>

#include "documents/document_file.hpp"

namespace millrace::cli {

core::Result<ApiClient> server_needed(const Context& context, Access access,
                                      std::string_view what) {
    auto server = server_for(context, access);
    if (!server) return std::unexpected(server.error());
    if (*server) return std::move(**server);
    return core::fail(FileErrc::bad_argument,
                      std::string{what} +
                          " need a running server: start one with millrace serve, or name one "
                          "with --server URL");
}

}  // namespace millrace::cli
