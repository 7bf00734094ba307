// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "millrace/core/size.hpp"
#include "millrace/format/document.hpp"
#include "source_reader.hpp"

namespace millrace::format {

Syntax syntax_of(std::string_view file_name) {
    return file_name.ends_with(".json") ? Syntax::json : Syntax::yaml;
}

TreeRead read_tree(const SourceText& source, const DocumentLimits& limits) {
    if (source.text.size() > limits.bytes_max) {
        TreeRead read;
        read.problems.push_back(
            core::Problem{.code = core::ProblemCode::limit,
                          .path = {},
                          .message = "the text has " + std::to_string(source.text.size()) +
                                     " bytes, more than the limit of " +
                                     core::to_text(core::ByteSize{limits.bytes_max}),
                          .suggestion = {},
                          .line = 1,
                          .column = 1});
        return read;
    }
    return source.syntax == Syntax::json ? read_json_tree(source.text, limits)
                                         : read_yaml(source.text, limits, nullptr);
}

std::string to_text(std::string_view source_name, const core::Problem& problem) {
    std::string text{source_name};
    if (problem.line != 0) {
        text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
    }
    text += ": ";
    text += core::to_text(problem.code);
    text += ": " + problem.message;
    if (!problem.suggestion.empty()) text += "; did you mean \"" + problem.suggestion + "\"?";
    return text;
}

}  // namespace millrace::format
