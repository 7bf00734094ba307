// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/message.hpp"
#include "api/route.hpp"

namespace millrace::server {

/// The parts of a path or a pattern between its slashes; none of `/`.
std::vector<std::string> split_path(std::string_view path);

/// Finds the route of a path: a tree of segments, in which a literal one beats a parameter, the
/// parameter is tried where the literal leads nowhere, and the rest of a path where both do.
/// Immutable and thread-safe.
class Router {
public:
    /// Two routes with one method and one shape are a mistake in the program.
    explicit Router(std::span<const Route> routes);

    struct Found {
        std::optional<std::size_t> route;  ///< index in the table; none: 404, or 405 with `allow`
        std::vector<std::pair<std::string, std::string>> parameters;
        std::vector<Method> allow;  ///< what the path's routes offer, without HEAD and OPTIONS
    };
    /// HEAD finds the route of GET.
    Found find(Method method, std::span<const std::string> segments) const;

    /// A path that is near enough to be meant; empty when there is none.
    std::string suggestion(std::span<const std::string> segments) const;

private:
    struct Node {
        std::map<std::string, std::uint32_t, std::less<>> literals;
        std::uint32_t parameter = 0;  ///< 0: none; the root is nobody's child
        std::uint32_t rest = 0;       ///< `{path...}`; 0: none
        std::vector<std::pair<Method, std::size_t>> routes;
        std::optional<std::size_t> any;  ///< the route for any other method
    };
    struct Pattern {
        std::vector<std::string> segments;
        std::vector<bool> is_parameter;
        bool has_rest = false;  ///< the last segment takes all that follow
    };
    static bool is_parameter(std::string_view segment);
    static bool is_rest(std::string_view segment);
    Pattern add_pattern(const Route& route, std::uint32_t& end);
    void fill(Found& found, std::span<const std::string> segments) const;
    std::uint32_t child(std::uint32_t node, const std::string& segment);
    /// Nodes in which the whole path ends, the most literal first.
    void walk(std::uint32_t node, std::span<const std::string> segments,
              std::vector<std::uint32_t>& ends) const;

    std::vector<Node> nodes_;
    std::vector<Pattern> patterns_;  // of the routes, at the same indices
};

/// `GET, HEAD, OPTIONS, POST`.
std::string allow_text(std::span<const Method> methods);

}  // namespace millrace::server
