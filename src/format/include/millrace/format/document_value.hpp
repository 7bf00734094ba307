// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// The document as data, as the JSON form shows it: keys in the order of the format's description,
/// defaults left out, connections in their short form where that says it all.
/// `read_document(to_value(d))` gives `d` again.
core::Value to_value(const core::Document& document);

}  // namespace millrace::format
