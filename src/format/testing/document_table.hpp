// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "millrace/format/document.hpp"

namespace millrace::format {

struct BadDocument {
    SourceText source;
    std::string messages;  ///< a line for each problem
};

/// Reads `testing/bad_documents.txt`.
std::vector<BadDocument> bad_documents();

/// The text of a file of this room.
std::string room_file(std::string_view path);

/// A line for each problem, as the command line shows them.
std::string messages_of(const SourceText& source, const DocumentLimits& limits = {});

}  // namespace millrace::format
