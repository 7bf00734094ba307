// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::runtime {

/// Once per process, before the first handle of libcurl.
void ensure_curl();

}  // namespace millrace::runtime
