// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::cli {

enum class RemoteErrc {
    bad_url,      ///< no URL of a server
    unreachable,  ///< nobody answers there, or the answer was cut off
    bad_answer,   ///< somebody answers who is no Millrace of this kind
    bad_request,  ///< the server says that the request itself is wrong
    unauthorized,
    not_found,
    conflict,  ///< the state does not allow it, or somebody else was faster
    invalid,   ///< a document or an input does not fit
    busy,      ///< later, perhaps
    refused,   ///< any other problem that the server tells
};
std::string_view code_text(RemoteErrc code);

using Query = std::vector<std::pair<std::string, std::string>>;

/// Those of `query` that say something.
Query given(Query query);

/// `/api/v1/a/b` of segments that may hold any text.
std::string api_path(std::initializer_list<std::string_view> segments);

/// `/x` of one segment.
std::string path_segment(std::string_view segment);

struct ApiRequest {
    std::string method = "GET";
    std::string path;  ///< with a leading `/`
    Query query;
    core::Value body;                  ///< null: none
    std::string text;                  ///< instead of `body`
    std::string content_type;          ///< of `text`
    std::vector<std::string> headers;  ///< `Name: value`
    bool takes_any_status = false;     ///< else from 300 on it is an error
    core::Duration timeout{60'000};    ///< for all of it
    core::Duration connect_timeout{5'000};
};

struct ApiAnswer {
    int status = 0;
    core::Value body;  ///< null where there is none
    std::string text;  ///< as it was sent
    std::string etag;
    std::string location;
};

/// Calls the API of one server. A problem that it tells becomes an error that says what is wrong,
/// where, and what can be done. Used from several threads at once.
class ApiClient {
public:
    /// `url`: `http://HOST:PORT`, without a path; `token` may be empty.
    static core::Result<ApiClient> make(std::string url, std::string token);

    const std::string& url() const { return url_; }

    core::Result<ApiAnswer> send(const ApiRequest& request) const;

    core::Result<core::Value> get(const std::string& path, Query query = {}) const;
    /// The same of a list: `bad_answer` when it has no items, which every list of Millrace has.
    core::Result<core::Value> get_list(const std::string& path, Query query = {}) const;
    core::Result<core::Value> post(const std::string& path, core::Value body = {},
                                   Query query = {}) const;
    core::Result<core::Value> put(const std::string& path, core::Value body) const;
    core::Result<core::Value> remove(const std::string& path) const;

    /// Reads an event stream until it ends, the connection breaks or `take` wants no more; it is
    /// also asked, without bytes, while nothing comes. Gives what went wrong; an end without a
    /// reason is none.
    core::Result<> stream(const std::string& path, const Query& query,
                          const std::function<bool(std::string_view bytes)>& take) const;

private:
    ApiClient(std::string url, std::string token)
        : url_{std::move(url)}, token_{std::move(token)} {}

    std::string url_;  ///< without a `/` at its end
    std::string token_;
};

}  // namespace millrace::cli
