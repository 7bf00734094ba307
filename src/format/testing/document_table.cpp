// SPDX-License-Identifier: Apache-2.0
#include "testing/document_table.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace millrace::format {

std::string room_file(std::string_view path) {
    std::ifstream file{std::string{MILLRACE_SOURCE_DIR "/src/format/"}.append(path),
                       std::ios::binary};
    if (!file) throw std::runtime_error{"no file " + std::string{path}};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<BadDocument> bad_documents() {
    std::vector<BadDocument> documents;
    std::istringstream lines{room_file("testing/bad_documents.txt")};
    std::string* part = nullptr;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("=== ")) {
            BadDocument& document = documents.emplace_back();
            document.source.name = line.substr(4);
            document.source.syntax = syntax_of(document.source.name);
            part = &document.source.text;
        } else if (line == "--- messages") {
            part = &documents.back().messages;
        } else if (part != nullptr) {
            part->append(line).append("\n");
        }
    }
    return documents;
}

std::string messages_of(const SourceText& source, const DocumentLimits& limits) {
    std::string messages;
    for (const core::Problem& problem : read_document(source, limits).problems) {
        messages += to_text(source.name, problem) + "\n";
    }
    return messages;
}

}  // namespace millrace::format
