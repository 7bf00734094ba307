// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "configuration/settings.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

/// A setting's value from how a file writes it, or why it is none: what is expected instead.
std::expected<core::Value, std::string> setting_of_value(const Setting& setting,
                                                         const core::Value& given);
/// The same from how a flag or an environment variable writes it; lists by commas.
std::expected<core::Value, std::string> setting_of_text(const Setting& setting,
                                                        std::string_view text);

/// `value` as people write it: `16MiB`, `30s`, `a, b`; empty for an empty text or list.
std::string setting_text(const Setting& setting, const core::Value& value);
/// The same as JSON shows it: sizes and durations as text, lists as arrays.
core::Value setting_json(const Setting& setting, const core::Value& value);

/// What a value may look like, in a few words: `size, 1KiB to 1GiB`.
std::string setting_type_words(const Setting& setting);

}  // namespace millrace::cli
