// SPDX-License-Identifier: Apache-2.0
#include "limit_failure.hpp"

#include <utility>

#include "millrace/core/size.hpp"

namespace millrace::nodes {

core::Failure limit_failure(std::string code, std::string message) {
    core::Failure failure;
    failure.code = std::move(code);
    failure.error_class = core::ErrorClass::limit;
    failure.message = std::move(message);
    return failure;
}

core::Failure result_too_large(std::size_t weight_max) {
    return limit_failure("result_too_large",
                         "the result gets larger than a value may be, " +
                             core::to_text(core::ByteSize{weight_max}) +
                             "; work on smaller parts, such as the batches of data.split in a "
                             "flow.loop");
}

}  // namespace millrace::nodes
