// SPDX-License-Identifier: Apache-2.0
#include "api/router.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"
#include "millrace/core/problem.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view api_prefix[] = {"api", "v1"};
/// Longer paths are no typing mistakes, and comparing them takes time.
constexpr std::size_t suggested_bytes_max = 100;
/// Ends a parameter that takes the rest of a path.
constexpr std::string_view rest_mark = "...}";

std::string joined(std::span<const std::string> segments) {
    std::string path;
    for (const std::string& segment : segments)
        path.append("/").append(segment);
    return path.empty() ? "/" : path;
}

}  // namespace

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> segments;
    if (path.starts_with('/')) path.remove_prefix(1);
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
        if (path.empty()) segments.emplace_back();
    }
    return segments;
}

std::string allow_text(std::span<const Method> methods) {
    std::vector<std::string_view> names{to_text(Method::options)};
    for (const Method method : methods) {
        names.push_back(to_text(method));
        if (method == Method::get) names.push_back(to_text(Method::head));
    }
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    std::string text;
    for (const std::string_view name : names)
        text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

Router::Router(std::span<const Route> routes) : nodes_(1) {
    for (std::size_t i = 0; i < routes.size(); ++i) {
        std::uint32_t end = 0;
        patterns_.push_back(add_pattern(routes[i], end));
        Node& node = nodes_[end];
        if (routes[i].is_for_any_method) {
            MR_CHECK(!node.any);
            node.any = i;
            continue;
        }
        MR_CHECK(std::ranges::find(node.routes, routes[i].method,
                                   [](auto& known) { return known.first; }) == node.routes.end());
        node.routes.emplace_back(routes[i].method, i);
    }
}

Router::Pattern Router::add_pattern(const Route& route, std::uint32_t& end) {
    Pattern pattern;
    for (std::string& segment : split_path(route.pattern)) {
        MR_CHECK(!pattern.has_rest);
        end = child(end, segment);
        pattern.has_rest = is_rest(segment);
        pattern.is_parameter.push_back(is_parameter(segment));
        const std::size_t around = pattern.has_rest ? 1 + rest_mark.size() : 2;
        pattern.segments.push_back(is_parameter(segment)
                                       ? segment.substr(1, segment.size() - around)
                                       : std::move(segment));
    }
    return pattern;
}

bool Router::is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool Router::is_rest(std::string_view segment) {
    return is_parameter(segment) && segment.ends_with(rest_mark);
}

std::uint32_t Router::child(std::uint32_t node, const std::string& segment) {
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    std::uint32_t found = next;
    if (is_parameter(segment)) {
        Node& here = nodes_[node];
        std::uint32_t& parameter = is_rest(segment) ? here.rest : here.parameter;
        if (parameter == 0) parameter = next;
        found = parameter;
    } else {
        found = nodes_[node].literals.try_emplace(segment, next).first->second;
    }
    if (found == next) nodes_.emplace_back();
    return found;
}

void Router::walk(std::uint32_t node, std::span<const std::string> segments,
                  std::vector<std::uint32_t>& ends) const {
    const Node& here = nodes_[node];
    if (segments.empty()) {
        if (!here.routes.empty() || here.any) ends.push_back(node);
        return;
    }
    // Two ways at each segment, and no pattern is longer than a few of them.
    const auto literal = here.literals.find(segments.front());
    if (literal != here.literals.end()) walk(literal->second, segments.subspan(1), ends);
    if (here.parameter != 0 && !segments.front().empty())
        walk(here.parameter, segments.subspan(1), ends);
    if (here.rest != 0) ends.push_back(here.rest);
}

Router::Found Router::find(Method method, std::span<const std::string> segments) const {
    Found found;
    std::vector<std::uint32_t> ends;
    walk(0, segments, ends);
    const Method wanted = method == Method::head ? Method::get : method;
    for (const std::uint32_t end : ends) {
        for (const auto& [offered, route] : nodes_[end].routes) {
            if (offered == wanted && !found.route) found.route = route;
            found.allow.push_back(offered);
        }
        if (!found.route) found.route = nodes_[end].any;
    }
    if (found.route) fill(found, segments);
    return found;
}

void Router::fill(Found& found, std::span<const std::string> segments) const {
    const Pattern& pattern = patterns_[*found.route];
    for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
        if (!pattern.is_parameter[i]) continue;
        const bool is_rest = pattern.has_rest && i + 1 == pattern.segments.size();
        found.parameters.emplace_back(
            pattern.segments[i], is_rest ? joined(segments.subspan(i)).substr(1) : segments[i]);
    }
}

std::string Router::suggestion(std::span<const std::string> segments) const {
    const std::string path = joined(segments);
    if (path.size() > suggested_bytes_max) return {};
    std::vector<std::string> with_prefix{std::begin(api_prefix), std::end(api_prefix)};
    with_prefix.insert(with_prefix.end(), segments.begin(), segments.end());
    std::vector<std::uint32_t> ends;
    walk(0, with_prefix, ends);
    if (!ends.empty()) return joined(with_prefix);
    if (segments.size() > 1 && segments.back().empty()) {
        walk(0, segments.first(segments.size() - 1), ends);
        if (!ends.empty()) return joined(segments.first(segments.size() - 1));
    }
    std::vector<std::string> candidates;
    for (const Pattern& pattern : patterns_) {
        if (pattern.has_rest || pattern.segments.size() != segments.size()) continue;
        std::vector<std::string> candidate = pattern.segments;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (pattern.is_parameter[i]) candidate[i] = segments[i];
        }
        candidates.push_back(joined(candidate));
    }
    return core::nearest(path, {candidates.begin(), candidates.end()});
}

}  // namespace millrace::server
