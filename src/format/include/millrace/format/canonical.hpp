// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// RFC 8785: no white space, keys ordered by their UTF-16 code units, numbers as ECMAScript writes
/// them, but integers exact. Bytes are `{"$bytes": "<base64>"}`. This text is hashed and stored:
/// it never changes.
std::string canonical_json(const core::Value& value);

/// The document without `position`, `editor`, `notes` and `x-…` keys, in one spelling: connections
/// as objects with ports, types with their version, durations in milliseconds, defaults left out,
/// `retry_on` sorted. A double without a fraction is told from an integer by its `.0`.
std::string canonical_document(const core::Document& document);

/// SHA-256 of `canonical_document` as 64 hexadecimal digits: the hash of a workflow version.
std::string document_hash(const core::Document& document);

}  // namespace millrace::format
