// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/document.hpp"
#include "millrace/core/result.hpp"
#include "millrace/store/store.hpp"

namespace millrace::server {

/// What workflows say of how long their executions are kept: the active version's
/// `settings.retention`, else the head's. A document is read again when its version has changed.
/// Not thread-safe.
class RetentionRules {
public:
    core::Result<> read(store::Store& store);
    /// Of those workflows that say something, by their ids.
    const std::map<std::string, core::WorkflowRetention>& rules() const { return rules_; }
    std::vector<std::string> with_age() const;
    std::vector<std::string> with_count() const;

private:
    std::map<std::string, std::uint32_t> versions_;  ///< that were read
    std::map<std::string, core::WorkflowRetention> rules_;
};

}  // namespace millrace::server
