// SPDX-License-Identifier: Apache-2.0
#include "remote/api_client.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>

#include "millrace/core/json.hpp"
#include "millrace/core/percent.hpp"
#include "millrace/format/json.hpp"
#include "remote/api_problem.hpp"

namespace millrace::cli {
namespace {

// More than the largest list of the API by far; what is longer comes from something else.
constexpr std::size_t answer_bytes_max = 256u << 20;
constexpr std::size_t problem_bytes_max = 1u << 20;

struct FreeHandle {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;
using HeaderLines = std::unique_ptr<curl_slist, FreeList>;

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

void add(HeaderLines& lines, const std::string& line) {
    lines.reset(curl_slist_append(lines.release(), line.c_str()));
}

std::string target_of(const std::string& path, const Query& query) {
    std::string target = path;
    char before = '?';
    for (const auto& [name, value] : query) {
        target.append(1, before)
            .append(core::percent_encoded(name))
            .append("=")
            .append(core::percent_encoded(value));
        before = '&';
    }
    return target;
}

core::Error unreachable(const std::string& url, CURLcode code) {
    const std::string reason = curl_easy_strerror(code);
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return {RemoteErrc::bad_url, url + " is no URL of a server: " + reason};
    return {RemoteErrc::unreachable,
            "the server at " + url + " cannot be reached: " + reason +
                "; start it with `millrace serve`, or name another one with --server URL"};
}

/// What all requests have in common.
void prepare(CURL* handle, const std::string& url) {
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "millrace/" MILLRACE_VERSION);
    // A proxy is for the world outside.
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "127.0.0.1,::1,localhost");
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
}

// ---- One request ----------------------------------------------------------------------------

std::size_t collect(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& text = *static_cast<std::string*>(into);
    if (text.size() + count > answer_bytes_max) return 0;
    text.append(bytes, count);
    return count;
}

std::string header_of(CURL* handle, const char* name) {
    curl_header* found = nullptr;
    if (curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
    return found->value;
}

/// Numbers and their kinds as they were sent; a body that is not JSON stays a text.
core::Value body_of(const std::string& text) {
    constexpr core::JsonLimits limits{.depth_max = 1'000, .bytes_max = answer_bytes_max};
    auto read = format::read_json(text, limits);
    return read ? std::move(*read) : core::Value{};
}

// ---- A stream -------------------------------------------------------------------------------

struct Streaming {
    CURL* handle = nullptr;
    const std::function<bool(std::string_view)>& take;
    std::string problem;  ///< the body of an answer that is no stream
    bool has_stopped = false;
};

std::size_t pass_on(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& streaming = *static_cast<Streaming*>(into);
    long status = 0;
    curl_easy_getinfo(streaming.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        if (streaming.problem.size() < problem_bytes_max) streaming.problem.append(bytes, count);
        return count;
    }
    if (streaming.take({bytes, count})) return count;
    streaming.has_stopped = true;
    return 0;
}

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

/// Runs a transfer and asks several times a second whether anybody still wants it.
CURLcode run_stream(CURL* handle, Streaming& streaming) {
    constexpr int look_every_ms = 100;
    const std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
    curl_multi_add_handle(multi.get(), handle);
    int running = 1;
    while (!streaming.has_stopped) {
        if (curl_multi_perform(multi.get(), &running) != CURLM_OK || running == 0) break;
        curl_multi_poll(multi.get(), nullptr, 0, look_every_ms, nullptr);
        streaming.has_stopped = streaming.has_stopped || !streaming.take({});
    }
    CURLcode code = CURLE_OK;
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi.get(), &left))
        if (message->msg == CURLMSG_DONE) code = message->data.result;
    curl_multi_remove_handle(multi.get(), handle);
    return code;
}

}  // namespace

std::string_view code_text(RemoteErrc code) {
    switch (code) {
        case RemoteErrc::bad_url: return "bad_url";
        case RemoteErrc::unreachable: return "unreachable";
        case RemoteErrc::bad_answer: return "bad_answer";
        case RemoteErrc::bad_request: return "bad_request";
        case RemoteErrc::unauthorized: return "unauthorized";
        case RemoteErrc::not_found: return "not_found";
        case RemoteErrc::conflict: return "conflict";
        case RemoteErrc::invalid: return "invalid";
        case RemoteErrc::busy: return "busy";
        case RemoteErrc::refused: return "refused";
    }
    return "refused";
}

Query given(Query query) {
    std::erase_if(query, [](const auto& entry) { return entry.second.empty(); });
    return query;
}

std::string api_path(std::initializer_list<std::string_view> segments) {
    std::string path = "/api/v1";
    for (const std::string_view segment : segments)
        path += path_segment(segment);
    return path;
}

std::string path_segment(std::string_view segment) {
    return "/" + core::percent_encoded(segment);
}

core::Result<ApiClient> ApiClient::make(std::string url, std::string token) {
    while (url.ends_with('/'))
        url.pop_back();
    const std::size_t scheme = url.find("://");
    const std::string_view name = std::string_view{url}.substr(0, scheme);
    const bool is_known = scheme != std::string::npos && (name == "http" || name == "https");
    const std::string_view rest = is_known ? std::string_view{url}.substr(scheme + 3) : "";
    if (rest.empty() || rest.find_first_of("/?#@ \t\r\n") != std::string_view::npos) {
        return core::fail(RemoteErrc::bad_url,
                          "the URL of a server is such as http://127.0.0.1:8420, with no path and "
                          "no password");
    }
    return ApiClient{std::move(url), std::move(token)};
}

core::Result<ApiAnswer> ApiClient::send(const ApiRequest& request) const {
    start_library();
    const Handle handle{curl_easy_init()};
    const std::string url = url_ + target_of(request.path, request.query);
    prepare(handle.get(), url);
    HeaderLines headers;
    if (!token_.empty()) add(headers, "Authorization: Bearer " + token_);
    for (const std::string& line : request.headers)
        add(headers, line);
    const bool has_text = !request.content_type.empty();
    const bool has_body = has_text || !request.body.is_null();
    const std::string body = has_text ? request.text : core::to_json(request.body);
    curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (has_body || request.method == "POST") {
        add(headers, "Content-Type: " + (has_text ? request.content_type : "application/json"));
        add(headers, "Expect:");
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(has_body ? body.size() : 0));
        curl_easy_setopt(handle.get(), CURLOPT_COPYPOSTFIELDS, has_body ? body.data() : "");
    }
    ApiAnswer answer;
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer.text);
    curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.ms));
    curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(request.connect_timeout.ms));
    if (const CURLcode code = curl_easy_perform(handle.get()); code != CURLE_OK)
        return std::unexpected(unreachable(url_, code));
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    if (answer.status >= 300 && !request.takes_any_status)
        return std::unexpected(problem_error(answer.status, answer.text, url_));
    answer.etag = header_of(handle.get(), "ETag");
    answer.location = header_of(handle.get(), "Location");
    answer.body = body_of(answer.text);
    return answer;
}

core::Result<core::Value> ApiClient::get(const std::string& path, Query query) const {
    ApiRequest request;
    request.path = path;
    request.query = std::move(query);
    auto answer = send(request);
    if (!answer) return std::unexpected(answer.error());
    if (answer->body.is_object()) return std::move(answer->body);
    return core::fail(RemoteErrc::bad_answer,
                      url_ + path + " gives no JSON object; is it a Millrace server?");
}

core::Result<core::Value> ApiClient::get_list(const std::string& path, Query query) const {
    auto body = get(path, std::move(query));
    if (!body) return body;
    const core::Value* const items = body->find("items");
    if (items != nullptr && items->is_array()) return body;
    return core::fail(RemoteErrc::bad_answer,
                      url_ + path + " gives no list; is it a Millrace server?");
}

core::Result<core::Value> ApiClient::post(const std::string& path, core::Value body,
                                          Query query) const {
    ApiRequest request;
    request.method = "POST";
    request.path = path;
    request.query = std::move(query);
    request.body = body.is_null() ? core::Value::object({}) : std::move(body);
    auto answer = send(request);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->body);
}

core::Result<core::Value> ApiClient::put(const std::string& path, core::Value body) const {
    ApiRequest request;
    request.method = "PUT";
    request.path = path;
    request.body = std::move(body);
    auto answer = send(request);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->body);
}

core::Result<core::Value> ApiClient::remove(const std::string& path) const {
    ApiRequest request;
    request.method = "DELETE";
    request.path = path;
    auto answer = send(request);
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->body);
}

core::Result<> ApiClient::stream(const std::string& path, const Query& query,
                                 const std::function<bool(std::string_view bytes)>& take) const {
    start_library();
    const Handle handle{curl_easy_init()};
    const std::string url = url_ + target_of(path, query);
    prepare(handle.get(), url);
    HeaderLines headers;
    if (!token_.empty()) add(headers, "Authorization: Bearer " + token_);
    add(headers, "Accept: text/event-stream");
    Streaming streaming{handle.get(), take, {}, false};
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, pass_on);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &streaming);
    curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
    // A server sends a heartbeat each 15 s: one that is silent for a minute is gone.
    curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_TIME, 60L);
    const CURLcode code = run_stream(handle.get(), streaming);
    if (streaming.has_stopped) return {};
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300)
        return std::unexpected(problem_error(static_cast<int>(status), streaming.problem, url_));
    if (code != CURLE_OK) return std::unexpected(unreachable(url_, code));
    return {};
}

}  // namespace millrace::cli
