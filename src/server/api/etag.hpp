// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "api/message.hpp"
#include "api/problem.hpp"

namespace millrace::server {

/// `"<number>-<first 16 digits of the hash>"`: of a document at that version.
std::string document_etag(std::uint32_t number, std::string_view hash);
/// Of a text that has no version of its own.
std::string content_etag(std::string_view content);

/// Whether If-None-Match or If-Match, `list`, names `etag`; `*` names every one. `weakly`: a
/// `W/` before one does not matter, as for reading.
bool etag_matches(std::string_view list, std::string_view etag, bool weakly);

/// 304 when the request's If-None-Match names `etag`: the caller has it already.
std::optional<Response> not_modified(const Request& request, std::string_view etag);

/// Whether a document may be put or deleted. `current` is its ETag, empty when there is none yet.
/// Of an existing one: 428 without If-Match, 412 `stale` when that names another version or when
/// `If-None-Match: *` wants a new one. Of one that is not there: 412 when If-Match names any.
std::expected<void, Problem> check_preconditions(const Request& request, std::string_view current);

/// The same for what has no ETag: without a header anything may be put. 412 `stale` when
/// `If-None-Match: *` wants a new one and there is one, when `If-Match: *` wants one and there is
/// none, and when If-Match names an ETag.
std::expected<void, Problem> check_presence(const Request& request, bool is_there);

}  // namespace millrace::server
