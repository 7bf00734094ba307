// SPDX-License-Identifier: Apache-2.0
// Any bytes, in pieces: a request within the limits or a refusal, and the door decides on the
// first.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "access/guard.hpp"
#include "http/request_reader.hpp"
#include "http/response_text.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/utf8.hpp"

using namespace millrace;
using namespace millrace::server;

namespace {

const HttpLimits limits{
    .target_bytes_max = 512, .header_bytes_max = 1'024, .body_bytes_max = 2'048};

Guard make_guard() {
    ServerOptions options;
    options.auth = AuthMode::token;
    options.token = "token";
    options.public_url = "https://example.com/base";
    options.trusted_proxies = {"127.0.0.0/8"};
    return *Guard::make(options, true);
}

void check_request(Request request) {
    MR_CHECK(core::is_valid_utf8(request.path));
    MR_CHECK(request.body.size() <= limits.body_bytes_max);
    for (const auto& [name, value] : request.query) {
        MR_CHECK(core::is_valid_utf8(name) && core::is_valid_utf8(value));
    }
    for (const auto& [name, value] : request.headers.all()) {
        MR_CHECK(core::is_valid_utf8(value));
        MR_CHECK(value.find('\n') == std::string::npos);
    }
    static const Guard guard = make_guard();
    guard.localise(request);
    MR_CHECK(request.path.starts_with('/') || request.path == "*");
    const Peer peer{"127.0.0.1", "127.0.0.1"};
    for (const Wish wish : {Wish::answer, Wish::websocket}) {
        const auto caller = guard.admit(request, wish, peer);
        MR_CHECK(caller.has_value() || caller.error().status >= 400);
        std::string head;
        Response response;
        response.headers.add("X-Echo", request.path);
        append_head(head, response, {.date = "", .length = 0});
        MR_CHECK(head.find("\r\n\r\n") == head.size() - 4);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    // The first byte says how large the pieces are in which the others come.
    const std::size_t piece = data[0] == 0 ? size : data[0];
    std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
    std::string waiting;
    auto request = std::make_shared<Request>();
    auto reader = std::make_unique<RequestReader>(limits, request);
    while (!rest.empty()) {
        waiting.append(rest.substr(0, piece));
        rest.remove_prefix(std::min(piece, rest.size()));
        std::size_t taken = 1;
        while (taken > 0 && !waiting.empty()) {
            taken = reader->put(waiting);
            MR_CHECK(taken <= waiting.size());
            waiting.erase(0, taken);
            if (reader->state() == RequestReader::State::refused) {
                MR_CHECK(reader->refusal().status >= 400);
                MR_CHECK(core::is_valid_utf8(reader->refusal().detail));
                return 0;
            }
            if (reader->state() == RequestReader::State::done) {
                check_request(*request);
                request = std::make_shared<Request>();
                reader = std::make_unique<RequestReader>(limits, request);
                taken = 1;
            }
        }
        MR_CHECK(waiting.size() <= limits.target_bytes_max + limits.header_bytes_max + piece);
    }
    return 0;
}
