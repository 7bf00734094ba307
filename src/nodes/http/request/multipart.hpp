// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "millrace/core/value.hpp"

namespace millrace::nodes {

/// A body of RFC 7578 and the header that announces it.
struct Multipart {
    std::string body;
    std::string content_type;
};

/// A part for each member of an object: strings, numbers and booleans are fields, bytes and
/// `{filename, content, content_type}` files, an array is several of one name, null is left out.
/// The boundary is one that none of them contains: equal values give equal bytes. The error names
/// the member.
std::expected<Multipart, std::string> make_multipart(const core::Value& members);

}  // namespace millrace::nodes
