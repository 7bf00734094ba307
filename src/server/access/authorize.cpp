// SPDX-License-Identifier: Apache-2.0
#include "access/authorize.hpp"

#include <string>

namespace millrace::server {

std::expected<void, Problem> authorize(const Caller& caller, Action, std::string_view) {
    // There is one tenant. A caller of another one sees nothing, not even that something is there.
    if (caller.tenant != "default") {
        return std::unexpected{
            problem("unknown_tenant", "there is no tenant '" + caller.tenant + "'")};
    }
    return {};
}

}  // namespace millrace::server
