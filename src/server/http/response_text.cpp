// SPDX-License-Identifier: Apache-2.0
#include "http/response_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/text.hpp"

namespace millrace::server {

namespace {

// What browsers must not do with an answer, unless its handler says otherwise. An API's answers
// are no pages: they load nothing, frame nothing and are never guessed to be something else.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> safe_headers{{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

constexpr std::array<std::pair<int, std::string_view>, 57> phrases{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
}};

void append_number(std::string& out, std::size_t number, int base = 10) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    const std::size_t begin = out.size();
    out.append(value).append("\r\n");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end() - 2, is_control,
                    ' ');
}

/// What has an ETag may be kept, so that asking for it again can be answered with 304.
std::string_view default_value(std::string_view name, std::string_view value,
                               const Response& response) {
    const bool may_be_kept = name == "Cache-Control" && response.headers.find("ETag") != nullptr;
    return may_be_kept ? "private, no-cache" : value;
}

/// What this room alone decides, whatever a handler has set.
bool is_of_connection(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{
        "Connection", "Content-Length", "Date", "Keep-Alive", "Server", "Transfer-Encoding"};
    return std::ranges::any_of(names, [&](auto own) { return equal_ignoring_case(own, name); });
}

void append_framing(std::string& out, const Response& response, const HeadContext& context) {
    // A 205 has no body, but its reader does not know that from its status alone.
    const bool tells_length = response.status == 205 || may_have_body(response.status);
    if (context.is_chunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    } else if (context.length && tells_length) {
        out.append("Content-Length: ");
        append_number(out, response.status == 205 ? 0 : *context.length);
        out.append("\r\n");
    }
    if (context.is_gzip) out.append("Content-Encoding: gzip\r\n");
    if (context.varies_by_encoding) out.append("Vary: Accept-Encoding\r\n");
    if (!context.goes_on) {
        out.append("Connection: close\r\n");
    } else if (context.version < 11) {
        out.append("Connection: keep-alive\r\n");
    }
}

/// As an event stream demands: every line with the field's name before it.
void append_lines(std::string& out, std::string_view field, std::string_view text) {
    for (;;) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        out.append(field).append(": ").append(text.substr(0, end)).append("\n");
        if (end == text.size()) return;
        text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
    }
}

/// A field that has one line only.
void append_line(std::string& out, std::string_view field, std::string_view text) {
    out.append(field).append(": ").append(text.substr(0, text.find_first_of("\r\n"))).append("\n");
}

}  // namespace

bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 205 && status != 304;
}

std::string_view reason_phrase(int status) {
    const auto at =
        std::ranges::lower_bound(phrases, status, {}, &std::pair<int, std::string_view>::first);
    return at != phrases.end() && at->first == status ? at->second : std::string_view{};
}

void append_head(std::string& out, const Response& response, const HeadContext& context) {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(std::clamp(response.status, 100, 599)));
    out.append(" ").append(reason_phrase(response.status)).append("\r\nDate: ");
    out.append(context.date).append("\r\nServer: Millrace\r\n");
    for (const auto& [name, value] : response.headers.all()) {
        if (!is_of_connection(name)) append_header(out, name, value);
    }
    if (context.length.value_or(0) > 0 && response.headers.find("Content-Type") == nullptr) {
        out.append("Content-Type: application/json\r\n");
    }
    for (const auto& [name, value] : safe_headers) {
        if (response.headers.find(name) == nullptr)
            append_header(out, name, default_value(name, value, response));
    }
    if (!context.request_id.empty()) append_header(out, "X-Request-Id", context.request_id);
    append_framing(out, response, context);
    out.append("\r\n");
}

std::string http_date(core::Time time) {
    constexpr std::array<std::string_view, 7> days{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string text = time.text();  // 2026-11-20T21:40:00.000Z
    const auto day = static_cast<std::size_t>((time.ms / 86'400'000) % 7);
    const auto month = static_cast<std::size_t>((text[5] - '0') * 10 + (text[6] - '0') - 1);
    std::string out{days[day]};
    out.append(", ").append(text, 8, 2).append(" ").append(months[month]).append(" ");
    out.append(text, 0, 4).append(" ").append(text, 11, 8).append(" GMT");
    return out;
}

void append_event(std::string& out, const MessageSource::Message& message) {
    if (!message.cursor.empty()) append_line(out, "id", message.cursor);
    if (!message.event.empty()) append_line(out, "event", message.event);
    append_lines(out, "data", message.text);
    out.append("\n");
}

void make_chunk(std::string& out, std::size_t begin) {
    std::string size;
    append_number(size, out.size() - begin, 16);
    size.append("\r\n");
    out.insert(begin, size);
    out.append("\r\n");
}

std::string_view usable_request_id(std::string_view text) {
    constexpr std::size_t length_max = 64;
    const auto is_bad = [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.');
    };
    if (text.size() > length_max || std::ranges::any_of(text, is_bad)) return {};
    return text;
}

}  // namespace millrace::server
