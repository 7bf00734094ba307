// SPDX-License-Identifier: Apache-2.0
#include "millrace/core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace millrace::core {

void check_failed(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
    std::fflush(stderr);
    std::abort();
}

}  // namespace millrace::core
