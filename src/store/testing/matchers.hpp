// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

namespace millrace::store::testing {

/// A Result that is an error with this code.
MATCHER_P(FailsWith, code, "") {
    if (arg) {
        *result_listener << "no error";
        return false;
    }
    *result_listener << arg.error().code() << ": " << arg.error().message();
    return arg.error().is(code);
}

}  // namespace millrace::store::testing
