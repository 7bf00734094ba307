// SPDX-License-Identifier: Apache-2.0
#include "millrace/server/server.hpp"

namespace millrace::server {

std::string_view code_text(ServerErrc code) {
    switch (code) {
        case ServerErrc::bad_option: return "bad_option";
        case ServerErrc::cannot_listen: return "cannot_listen";
        case ServerErrc::bad_workflows: return "bad_workflows";
    }
    return "unknown";
}

}  // namespace millrace::server
