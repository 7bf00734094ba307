// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/options.hpp"

namespace millrace::cli {

/// What a server goes by, as files, environment and flags have decided. What is set here is the
/// default; see `settings()` for how people name it.
struct Configuration {
    server::ServerOptions server;  ///< but for `auth` and `token`, which follow from these two
    std::string auth = "auto";     ///< auto, none or token
    std::filesystem::path token_file;
    core::Duration drain_timeout{30'000};
    server::FileWorkflowOptions workflows;
    server::RetentionOptions retention;

    std::size_t pool_threads = 0;
    runtime::RuntimeLimits limits;
    runtime::CacheOptions cache;
    runtime::HttpOptions egress;
    std::vector<std::string> files;  ///< `DIR` or `DIR:ro`
    std::vector<std::string> commands;
    std::filesystem::path key_file;  ///< empty: beside the data

    std::string log_format = "auto";  ///< auto, text or json
    std::string log_level = "info";
};

}  // namespace millrace::cli
