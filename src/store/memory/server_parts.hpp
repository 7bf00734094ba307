// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/engine/frame.hpp"
#include "millrace/store/feed.hpp"
#include "millrace/store/idempotency.hpp"
#include "millrace/store/node_library.hpp"
#include "millrace/store/variables.hpp"

// What a server needs of a store, in memory. Each part is thread-safe.

namespace millrace::store::memory {

class MemoryFeed final : public Feed {
public:
    explicit MemoryFeed(std::uint64_t bytes_max) : bytes_max_{bytes_max} {}
    core::Result<std::vector<FeedRow>> rows(FeedPosition after, std::size_t limit) override;
    core::Result<FeedPosition> end() override;

    void write(const engine::Frame& frame);

private:
    struct Rows {
        std::uint64_t frame = 0;
        std::string bytes;
    };
    std::mutex mutex_;
    std::uint64_t bytes_max_;
    std::uint64_t bytes_ = 0;
    std::uint64_t forgotten_ = 0;
    std::deque<Rows> frames_;
};

class MemoryIdempotency final : public Idempotency {
public:
    core::Result<std::optional<KeptAnswer>> begin(const KeptAnswer& request) override;
    core::Result<> finish(const KeptAnswer& answer) override;
    core::Result<> forget(const std::string& scope, const std::string& key) override;
    core::Result<std::optional<KeptAnswer>> find(const std::string& scope,
                                                 const std::string& key) override;
    core::Result<std::uint64_t> forget_before(core::Time before, std::size_t limit) override;

private:
    using Name = std::pair<std::string, std::string>;

    std::mutex mutex_;
    std::map<Name, KeptAnswer> answers_;
};

class MemoryVariables final : public Variables {
public:
    core::Result<std::vector<Variable>> list() override;
    core::Result<Variable> find(const std::string& name) override;
    core::Result<> put(const Variable& variable) override;
    core::Result<> remove(const std::string& name) override;

private:
    std::mutex mutex_;
    std::map<std::string, Variable> variables_;
};

class MemoryNodeLibrary final : public NodeLibrary {
public:
    core::Result<LibraryNodePage> list(const LibraryNodeFilter& filter, std::size_t limit,
                                       const std::string& cursor) override;
    core::Result<LibraryNode> find(const std::string& id) override;
    core::Result<std::vector<LibraryNode>> put(std::span<const LibraryNodePut> nodes,
                                               core::Time now) override;
    core::Result<> remove(const std::string& id) override;
    core::Result<std::vector<LibraryNodeVersion>> versions(const std::string& id) override;

private:
    struct Stored {
        std::int64_t place = 0;  // in the order in which they came
        LibraryNode node;
        std::vector<LibraryNodeVersion> versions;  // oldest first
    };
    using Nodes = std::map<std::string, Stored>;

    std::mutex mutex_;
    Nodes nodes_;
    std::int64_t last_place_ = 0;
};

}  // namespace millrace::store::memory
