// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

/// `35 ms`, `1.2 s`, `2 min 3 s`, `3 h 20 min`, `2 d 4 h`.
std::string duration_words(core::Duration duration);
/// Whole seconds, rounded up, then as above: for what is counted down.
std::string countdown_words(core::Duration left);
/// `1 node`, `3 nodes`.
std::string counted(std::size_t count, std::string_view noun);

/// `12:00:01.123`, of a time that was moved to the reader's zone.
std::string clock_text(core::Time local);
/// `2026-01-31 12:00:01`, likewise.
std::string date_text(core::Time local);
/// `1.5 MiB`.
std::string size_words(std::uint64_t bytes);

/// A value in one short line: a string as it is, all else as JSON.
std::string value_words(const core::Value& value);

}  // namespace millrace::cli
