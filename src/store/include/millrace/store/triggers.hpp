// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/value.hpp"

namespace millrace::store {

/// A trigger node of the active version of a workflow.
struct ActiveTrigger {
    std::string workflow_id;
    std::uint32_t version = 1;
    std::string node_id;
    std::string type;                ///< `trigger.webhook`, without the version of the type
    std::uint32_t type_version = 1;  ///< of `trigger.webhook@2`: 2
    core::Value data;                ///< as the document has it, or null

    friend bool operator==(const ActiveTrigger&, const ActiveTrigger&) = default;
};

/// What starts workflows, known without reading their documents. The library changes it with the
/// active versions, in the same transaction. Part of a Store; all calls read.
class Triggers {
public:
    virtual ~Triggers() = default;

    /// All, in order of workflows' ids, each workflow's in the order of its document.
    virtual core::Result<std::vector<ActiveTrigger>> active() = 0;
    /// Those of one workflow; empty when it is not active.
    virtual core::Result<std::vector<ActiveTrigger>> active(const std::string& workflow_id) = 0;
};

}  // namespace millrace::store
