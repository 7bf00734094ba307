// SPDX-License-Identifier: Apache-2.0
#include "api/etag.hpp"

#include "millrace/format/digest.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t hash_digits = 16;

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string document_etag(std::uint32_t number, std::string_view hash) {
    return '"' + std::to_string(number) + '-' + std::string{hash.substr(0, hash_digits)} + '"';
}

std::string content_etag(std::string_view content) {
    return '"' + format::blake2b_256_hex(content).substr(0, 2 * hash_digits) + '"';
}

bool etag_matches(std::string_view list, std::string_view etag, bool weakly) {
    // No ETag of this server has a comma or a quote inside.
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view one = trimmed(list.substr(0, comma));
        if (one == "*") return true;
        if (weakly && one.starts_with("W/")) one.remove_prefix(2);
        if (one == etag) return true;
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return false;
}

std::optional<Response> not_modified(const Request& request, std::string_view etag) {
    const std::string_view known = request.header("If-None-Match");
    if (known.empty() || !etag_matches(known, etag, true)) return std::nullopt;
    Response response;
    response.status = 304;
    response.headers.add("ETag", std::string{etag});
    return response;
}

std::expected<void, Problem> check_preconditions(const Request& request, std::string_view current) {
    const std::string_view expected = request.header("If-Match");
    const std::string_view unexpected = request.header("If-None-Match");
    if (current.empty()) {
        if (expected.empty()) return {};
        return std::unexpected(problem(
            "stale", "If-Match expects something that exists, but there is nothing of this name"));
    }
    const std::string now{current};
    if (!unexpected.empty() && etag_matches(unexpected, current, true)) {
        return std::unexpected(
            problem("stale", "it exists already with the ETag " + now +
                                 "; without If-None-Match it would be replaced"));
    }
    if (!expected.empty() && !etag_matches(expected, current, false)) {
        return std::unexpected(problem(
            "stale", "its ETag is now " + now + ", not " + std::string{expected.substr(0, 200)}));
    }
    if (!expected.empty()) return {};
    return std::unexpected(
        problem("precondition_required",
                "it exists; say If-Match: " + now + " to replace this version, or If-Match: *"));
}

std::expected<void, Problem> check_presence(const Request& request, bool is_there) {
    const std::string_view expected = request.header("If-Match");
    const std::string_view unexpected = request.header("If-None-Match");
    // An ETag that nothing has: only `*` matches it.
    constexpr std::string_view none;
    if (is_there && !unexpected.empty() && etag_matches(unexpected, none, true)) {
        return std::unexpected(problem(
            "stale", "there is one of this name; without If-None-Match it would be replaced"));
    }
    if (expected.empty()) return {};
    if (!is_there) {
        return std::unexpected(problem(
            "stale", "If-Match expects something that exists, but there is nothing of this name"));
    }
    if (etag_matches(expected, none, false)) return {};
    return std::unexpected(
        problem("stale", "it has no ETag that If-Match could name; say If-Match: * or nothing"));
}

}  // namespace millrace::server
