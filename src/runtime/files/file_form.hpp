// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "millrace/core/failure.hpp"
#include "millrace/core/value.hpp"
#include "millrace/engine/effect.hpp"

namespace millrace::runtime {

/// A file's contents as the value that a node asked for. `path` is for messages: `bad_text` where
/// it is no UTF-8, `bad_json` with the place.
std::expected<core::Value, core::Failure> read_form(std::string_view contents,
                                                    engine::FileCall::Form form,
                                                    std::string_view path);

/// What to write for a value; `bad_contents` where it does not fit the form.
std::expected<std::string, core::Failure> write_form(const core::Value& value,
                                                     engine::FileCall::Form form);

}  // namespace millrace::runtime
