// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace millrace::format {

/// Does `text` keep the JSON Schema `format`? A format that is not known here is kept by all.
bool keeps_format(std::string_view format, std::string_view text);

}  // namespace millrace::format
