// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/runtime/runtime.hpp"

namespace millrace::runtime {

/// The programs that nodes may start. Which file a name stands for is settled at the start, by the
/// operator's PATH. Immutable, thread-safe.
class AllowedPrograms {
public:
    AllowedPrograms() = default;
    /// `bad_option` names what is no program.
    static core::Result<AllowedPrograms> make(const CommandOptions& options);

    /// The absolute path of a program that was allowed under this very name or path.
    std::optional<std::string> find(std::string_view program) const;

private:
    std::map<std::string, std::string, std::less<>> paths_;
};

}  // namespace millrace::runtime
