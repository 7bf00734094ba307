// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "millrace/store/node_library.hpp"
#include "sqlite/part_access.hpp"

namespace millrace::store::sqlite {

class SqliteNodeLibrary final : public NodeLibrary {
public:
    /// `access` outlives it.
    explicit SqliteNodeLibrary(PartAccess& access) : access_{access} {}

    core::Result<LibraryNodePage> list(const LibraryNodeFilter& filter, std::size_t limit,
                                       const std::string& cursor) override;
    core::Result<LibraryNode> find(const std::string& id) override;
    core::Result<std::vector<LibraryNode>> put(std::span<const LibraryNodePut> nodes,
                                               core::Time now) override;
    core::Result<> remove(const std::string& id) override;
    core::Result<std::vector<LibraryNodeVersion>> versions(const std::string& id) override;

private:
    PartAccess& access_;
};

}  // namespace millrace::store::sqlite
