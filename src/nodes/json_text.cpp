// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <utility>

#include "millrace/engine/node.hpp"
#include "millrace/format/json.hpp"

namespace millrace::nodes {

core::Result<core::Value> read_json_text(std::string_view text, std::size_t bytes_max) {
    core::JsonLimits limits;
    limits.depth_max = 10'000;
    limits.bytes_max = bytes_max;
    return format::read_json(text, limits);
}

bool is_json_limit(const core::Error& error) {
    return error.is(core::JsonErrc::limit);
}

core::Failure json_failure(const core::Error& error, std::string message) {
    core::Failure failure = engine::validation_failure("bad_json", std::move(message));
    if (is_json_limit(error)) {
        failure.code = "json_limit";
        failure.error_class = core::ErrorClass::limit;
    }
    return failure;
}

}  // namespace millrace::nodes
