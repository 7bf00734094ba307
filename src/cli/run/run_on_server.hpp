// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "commands.hpp"
#include "documents/document_file.hpp"
#include "millrace/runtime/runtime.hpp"
#include "remote/api_client.hpp"

namespace millrace::cli {

/// What `millrace run` wants of a server.
struct ServerRun {
    const CheckedDocument& checked;  ///< a document and its plan
    const runtime::StartRequest& request;
    bool is_quiet = false;
    bool has_timeline = false;
};

/// Saves the document as a version on the server, runs that, and shows how it proceeds, as a run
/// in this process is shown. `shown`: where remarks go.
core::Result<Exit> run_on_server(const Context& context, const Context& shown,
                                 const ApiClient& client, const ServerRun& run);

}  // namespace millrace::cli
