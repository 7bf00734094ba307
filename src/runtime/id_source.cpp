// SPDX-License-Identifier: Apache-2.0
#include "id_source.hpp"

#include <sys/random.h>

#include <cerrno>

#include "millrace/core/check.hpp"

namespace millrace::runtime {

IdSource::Seed IdSource::seed() {
    const std::scoped_lock lock{mutex_};
    if (used_ + 2 > words) {
        ssize_t got = -1;
        // Up to 256 bytes come whole once the kernel has its entropy; more may be cut short.
        for (std::size_t at = 0; at < sizeof block_; at += static_cast<std::size_t>(got)) {
            do {
                got =
                    ::getrandom(reinterpret_cast<char*>(block_.data()) + at, sizeof block_ - at, 0);
            } while (got < 0 && errno == EINTR);
            MR_CHECK(got > 0);
        }
        used_ = 0;
    }
    const Seed seed{block_[used_], block_[used_ + 1]};
    used_ += 2;
    return seed;
}

core::ExecutionId IdSource::execution_id(core::Time at) {
    const Seed bits = seed();
    return {core::Uuid::v7(at, bits.high, bits.low)};
}

}  // namespace millrace::runtime
