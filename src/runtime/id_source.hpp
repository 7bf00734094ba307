// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::runtime {

/// Random bits of the operating system, fetched in blocks. Thread-safe.
class IdSource {
public:
    /// Version 7; the partition, which is the last byte, is random.
    core::ExecutionId execution_id(core::Time at);
    struct Seed {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };
    Seed seed();

private:
    static constexpr std::size_t words = 64;

    std::mutex mutex_;
    std::array<std::uint64_t, words> block_{};
    std::size_t used_ = words;
};

}  // namespace millrace::runtime
