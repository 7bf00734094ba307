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
        Pattern& pattern = patterns_.emplace_back();
        std::uint32_t node = 0;
        for (std::string& segment : split_path(routes[i].pattern)) {
            node = child(node, segment);
            pattern.is_parameter.push_back(is_parameter(segment));
            pattern.segments.push_back(is_parameter(segment) ? segment.substr(1, segment.size() - 2)
                                                             : std::move(segment));
        }
        auto& ends = nodes_[node].routes;
        MR_CHECK(std::ranges::find(ends, routes[i].method, [](auto& end) { return end.first; }) ==
                 ends.end());
        ends.emplace_back(routes[i].method, i);
    }
}

bool Router::is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::uint32_t Router::child(std::uint32_t node, const std::string& segment) {
    const auto next = static_cast<std::uint32_t>(nodes_.size());
    std::uint32_t found = next;
    if (is_parameter(segment)) {
        std::uint32_t& parameter = nodes_[node].parameter;
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
        if (!here.routes.empty()) ends.push_back(node);
        return;
    }
    // Two ways at each segment, and no pattern is longer than a few of them.
    const auto literal = here.literals.find(segments.front());
    if (literal != here.literals.end()) walk(literal->second, segments.subspan(1), ends);
    if (here.parameter != 0 && !segments.front().empty())
        walk(here.parameter, segments.subspan(1), ends);
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
    }
    if (!found.route) return found;
    const Pattern& pattern = patterns_[*found.route];
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (pattern.is_parameter[i])
            found.parameters.emplace_back(pattern.segments[i], segments[i]);
    }
    return found;
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
        if (pattern.segments.size() != segments.size()) continue;
        std::vector<std::string> candidate = pattern.segments;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (pattern.is_parameter[i]) candidate[i] = segments[i];
        }
        candidates.push_back(joined(candidate));
    }
    return core::nearest(path, {candidates.begin(), candidates.end()});
}

}  // namespace millrace::server
