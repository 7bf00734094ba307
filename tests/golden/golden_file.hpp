// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "testing/shard_fixture.hpp"

namespace millrace::golden {

/// One stopped execution as its files hold it; see README.md.
struct Golden {
    std::string name;
    core::Document document;
    core::ExecutionId id;
    std::vector<std::string> rows;
    std::size_t stopped_after = 0;
    std::string snapshot;
    std::size_t snapshot_rows = 0;
    core::Value state;
    core::Value end;
};

/// `{status, outputs, nodes: {ID: status}}`: of a view, what no later version may see otherwise.
core::Value summary(const engine::ExecutionView& view);

/// Ends the process when a file is there already: goldens are never overwritten.
void write(const Golden& golden, const std::filesystem::path& folder);
/// Ends the process when the files cannot be read.
Golden read(const std::filesystem::path& json_file);

}  // namespace millrace::golden
