// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/event.hpp"
#include "millrace/core/result.hpp"

namespace millrace::server {

enum class FilterErrc { bad_filter };
std::string_view code_text(FilterErrc code);

/// Which events somebody wants to hear of.
class EventFilter {
public:
    /// All of them.
    EventFilter() = default;
    /// `types`: names and beginnings of names, such as `node.*,execution.failed`; `node_ids`: names
    /// of nodes, which leaves out what is said of executions. Both separated by commas; empty: all.
    static core::Result<EventFilter> make(std::string_view types, std::string_view node_ids);

    bool takes(const core::Event& event) const;

private:
    std::uint32_t types_ = ~std::uint32_t{0};  ///< a bit for each type
    std::vector<std::string> nodes_;           ///< empty: all, and the execution itself
};

}  // namespace millrace::server
