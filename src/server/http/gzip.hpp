// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace millrace::server {

/// Whether a client with this `Accept-Encoding` takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// Whether what this `Content-Type` names gets much smaller.
bool is_compressible(std::string_view content_type);

/// Empty when there is no memory for it: the answer goes out as it is.
std::string gzip(std::string_view text);

}  // namespace millrace::server
