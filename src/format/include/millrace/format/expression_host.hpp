// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/expr/host.hpp"

namespace millrace::format {

/// Digests by OpenSSL and the system's IANA time zones, for expressions. Lives as long as the
/// process; any thread may use it. Zone files are read when a zone is first asked for.
const expr::Host& expression_host();

}  // namespace millrace::format
