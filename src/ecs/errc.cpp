// SPDX-License-Identifier: Apache-2.0
#include "millrace/ecs/errc.hpp"

namespace millrace::ecs {

std::string_view code_text(Errc code) {
    switch (code) {
        case Errc::component_undeclared: return "component_undeclared";
        case Errc::component_unknown: return "component_unknown";
        case Errc::snapshot_corrupt: return "snapshot_corrupt";
        case Errc::snapshot_version: return "snapshot_version";
        case Errc::world_not_empty: return "world_not_empty";
    }
    return "unknown";
}

}  // namespace millrace::ecs
