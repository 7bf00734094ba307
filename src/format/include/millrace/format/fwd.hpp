// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace millrace::format {

enum class Syntax : unsigned char;
struct SourceText;
struct DocumentLimits;
struct DocumentRead;
struct TreeRead;

}  // namespace millrace::format
