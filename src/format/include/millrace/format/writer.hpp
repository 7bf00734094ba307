// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "millrace/core/document.hpp"
#include "millrace/core/value.hpp"

namespace millrace::format {

/// The document for people to read and edit; reading it gives an equal document. Comments of a
/// text it was once read from are not kept.
std::string write_yaml(const core::Document& document);
std::string write_json(const core::Document& document);

/// Any value as a YAML document. Doubles that JSON does not have become null.
std::string write_yaml(const core::Value& value);

}  // namespace millrace::format
