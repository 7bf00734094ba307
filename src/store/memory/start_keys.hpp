// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "millrace/store/start_keys.hpp"

namespace millrace::store::memory {

class MemoryStartKeys final : public StartKeys {
public:
    /// Tells whether an execution is there.
    using IsThere = std::function<bool(core::ExecutionId)>;

    explicit MemoryStartKeys(IsThere is_there) : is_there_{std::move(is_there)} {}
    core::Result<> change(const Work& work) override;
    core::Result<std::uint64_t> forget_over(core::Time now, std::size_t limit) override;

    /// An execution is removed.
    void erase(core::ExecutionId id);

private:
    class Table;

    IsThere is_there_;  // asked without the mutex: it takes the store's, which is held in `erase`
    std::mutex mutex_;
    std::map<std::string, StartKey> keys_;
    std::set<std::pair<core::ExecutionId, std::string>> by_execution_;
};

}  // namespace millrace::store::memory
