// SPDX-License-Identifier: Apache-2.0
#include "access/public_path.hpp"

#include <algorithm>
#include <array>

#include "http/target.hpp"
#include "millrace/server/server.hpp"

namespace millrace::server {
namespace {

constexpr std::array<std::string_view, 7> own_folders{"api",      "forms", "health",  "metrics",
                                                      "problems", "wait",  "webhooks"};

}  // namespace

core::Result<PublicPath> PublicPath::of(std::string_view public_url) {
    PublicPath path;
    const std::size_t scheme = public_url.find("://");
    if (scheme == std::string_view::npos) return path;
    const std::size_t slash = public_url.find('/', scheme + 3);
    if (slash == std::string_view::npos) return path;
    std::string_view rest = public_url.substr(slash);
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    if (rest.empty()) return path;
    Request read;
    if (rest.find_first_of("?#") != std::string_view::npos || !read_target(rest, read)) {
        return core::fail(ServerErrc::bad_option,
                          "public URL '" + std::string{public_url} +
                              "' may have a path, such as /flows, and nothing behind it");
    }
    if (std::ranges::find(own_folders, read.segments.front()) != own_folders.end()) {
        return core::fail(ServerErrc::bad_option,
                          "the path of the public URL may not begin with /" +
                              read.segments.front() + ", which is a path of the server itself");
    }
    path.segments_ = std::move(read.segments);
    path.text_ = rest;
    return path;
}

void PublicPath::take_off(Request& request) const {
    if (segments_.empty()) return;
    request.base = text_;
    const bool is_there = request.segments.size() >= segments_.size() &&
                          std::equal(segments_.begin(), segments_.end(), request.segments.begin());
    if (!is_there) return;
    request.segments.erase(
        request.segments.begin(),
        request.segments.begin() + static_cast<std::ptrdiff_t>(segments_.size()));
    request.path.clear();
    for (const std::string& segment : request.segments)
        request.path.append("/").append(segment);
    if (request.path.empty()) request.path = "/";
}

}  // namespace millrace::server
