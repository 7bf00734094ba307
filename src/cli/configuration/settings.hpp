// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "configuration/configuration.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

/// How a setting is written. In a `Configuration`'s values, sizes are bytes and durations
/// milliseconds, both integers; lists are arrays of texts.
enum class SettingKind : std::uint8_t {
    text,
    path,  ///< relative in a file: to the file's folder
    boolean,
    count,
    size,
    duration,
    choice,
    texts,
    paths,
    pairs,  ///< texts `NAME=VALUE`, whose values are shown to nobody
};

/// One thing that can be decided about a server, in one of these ways: in a file by its key, by an
/// environment variable, by a flag.
struct Setting {
    std::string_view key;   ///< `server.listen`: the section and the name in it
    std::string_view flag;  ///< `--listen`; empty: only by `--set KEY=VALUE`
    std::string_view variable;
    SettingKind kind = SettingKind::text;
    core::Value (*load)(const Configuration&) = nullptr;
    void (*store)(Configuration&, const core::Value&) = nullptr;
    bool changes_live = false;     ///< SIGHUP applies it; else it waits for a restart
    std::string_view type;         ///< of a text, for help: `HOST:PORT`; of a choice: `a|b|c`
    std::string_view description;  ///< one sentence without its full stop
    std::int64_t least = 0;        ///< of counts, sizes and durations
    std::int64_t most = std::numeric_limits<std::int64_t>::max();

    std::string_view section() const { return key.substr(0, key.find('.')); }
    std::string_view name() const { return key.substr(key.find('.') + 1); }
    bool is_list() const {
        return kind == SettingKind::texts || kind == SettingKind::paths ||
               kind == SettingKind::pairs;
    }
};

/// All of them, those of a section together.
std::span<const Setting> settings();
/// Null when there is none of that key.
const Setting* find_setting(std::string_view key);

/// What a section is about, for people.
std::string_view section_title(std::string_view section);

}  // namespace millrace::cli
