// SPDX-License-Identifier: Apache-2.0
#include "millrace/format/writer.hpp"

#include "millrace/core/json.hpp"
#include "millrace/format/document_value.hpp"

namespace millrace::format {

std::string write_yaml(const core::Document& document) {
    return write_yaml(to_value(document));
}

std::string write_json(const core::Document& document) {
    // What is stored is read again: a double must not come back as an integer.
    return core::to_pretty_json(to_value(document), core::JsonNumbers::exact) + "\n";
}

}  // namespace millrace::format
