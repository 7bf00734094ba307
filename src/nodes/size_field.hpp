// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "field_reader.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/core/size.hpp"

namespace millrace::nodes {

/// A size such as `16MiB`, at most `max`.
core::ByteSize size_field(FieldReader& reader, std::string_view key, core::ByteSize fallback,
                          core::ByteSize max);

/// What is wrong with a size that no template will change.
void check_size(const core::Value& data, std::string_view key, core::ByteSize max,
                const std::string& pointer, core::Problems& problems);

}  // namespace millrace::nodes
