// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::reference {

/// A document, its input, and how unkind the world is to it.
struct RandomCase {
    core::Document document;
    core::Value input;
    std::uint32_t failing_percent = 0;
};

/// 3 to about 40 nodes of all test types: nested loops, tries with clean-up, switches, branches
/// that come together again, merges, filters, transforms, retries and everything else that may
/// happen after a failure. The same seed gives the same case.
RandomCase random_case(std::uint64_t seed);

}  // namespace millrace::reference
