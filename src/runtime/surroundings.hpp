// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "files/allowed_folders.hpp"
#include "http/egress.hpp"
#include "millrace/runtime/clock.hpp"
#include "process/allowed_programs.hpp"
#include "process/child_process.hpp"
#include "secrets/credentials.hpp"
#include "sql/sql_databases.hpp"

namespace millrace::runtime {

/// What performers know of the machine they act on; one for all attempts of an executor.
struct Surroundings {
    std::shared_ptr<const AllowedFolders> folders;
    std::shared_ptr<const AllowedPrograms> programs;
    EgressPolicy egress;
    std::shared_ptr<Clock> clock;
    std::shared_ptr<Credentials> credentials;  ///< null: there are none
    SqlDatabases databases;
};

/// What a performer knows of the attempt.
struct AttemptFacts {
    const std::string& idempotency_key;
    std::stop_token stop;
    ChildProcess::Use* program = nullptr;  ///< gets what a program has used; null: nobody asks
};

}  // namespace millrace::runtime
