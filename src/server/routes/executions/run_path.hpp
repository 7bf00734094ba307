// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::server {

/// `outer[2].loop[3].charge` taken apart.
struct RunPath {
    std::string scope;  ///< `outer[2].loop[3]`; empty: the top level
    std::string node;   ///< `charge`
};

/// Of a scope such as `loop[3]`, or `loop#2[3]` in a second attempt of the loop, the node is the
/// container. Node ids hold none of these characters.
inline RunPath run_path(std::string_view text) {
    const std::size_t dot = text.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
    RunPath path;
    if (dot != std::string_view::npos) path.scope = text.substr(0, dot);
    path.node = last.substr(0, last.find_first_of("[#"));
    return path;
}

}  // namespace millrace::server
