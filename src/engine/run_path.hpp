// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::engine {

/// One part of a run's path: `loop#2[3]` is iteration 3 in the second attempt of `loop`.
struct PathStep {
    std::string node;
    std::uint32_t attempt = 1;
    std::optional<std::uint32_t> index;
};
using RunPath = std::vector<PathStep>;

/// None when the text is no path.
std::optional<RunPath> parse_path(std::string_view text);
/// As a first attempt of all its containers would be called; of the first `count` parts, without
/// the last one's index: the path of the run itself, or of a container around it.
std::string path_text(const RunPath& path, std::size_t count);

}  // namespace millrace::engine
