// SPDX-License-Identifier: Apache-2.0
#include "api/route.hpp"

namespace millrace::server {

std::string_view to_text(Action action) {
    switch (action) {
        case Action::open: return "open";
        case Action::read: return "read";
        case Action::run: return "run";
        case Action::edit: return "edit";
        case Action::operate: return "operate";
        case Action::administer: return "administer";
    }
    return "administer";
}

}  // namespace millrace::server
