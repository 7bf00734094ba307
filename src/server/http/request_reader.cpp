// SPDX-License-Identifier: Apache-2.0
#include "http/request_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "http/target.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::server {

namespace {

namespace http = boost::beast::http;

// Real clients send a few dozen.
constexpr std::size_t fields_max = 128;
// A body announced to be large is believed only this far before it comes.
constexpr std::size_t body_reserve_max = 256u << 10;

Method method_of(http::verb verb) {
    if (verb == http::verb::get) return Method::get;
    if (verb == http::verb::head) return Method::head;
    if (verb == http::verb::post) return Method::post;
    if (verb == http::verb::put) return Method::put;
    if (verb == http::verb::patch) return Method::patch;
    if (verb == http::verb::delete_) return Method::del;
    if (verb == http::verb::options) return Method::options;
    return Method::other;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_text(std::string_view value) {
    const auto is_bad = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t'); };
    return std::ranges::none_of(value, is_bad) && core::is_valid_utf8(value);
}

}  // namespace

bool has_word(std::string_view list, std::string_view word) {
    for (const auto& item : http::token_list{list}) {
        if (boost::beast::iequals(item, word)) return true;
    }
    return false;
}

RequestReader::RequestReader(const HttpLimits& limits, std::shared_ptr<Request> request)
    : limits_{limits}, request_{std::move(request)} {
    // The parts have limits of their own below; together they cannot pass this one.
    header_limit(static_cast<std::uint32_t>(limits.target_bytes_max + limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
}

std::size_t RequestReader::put(std::string_view bytes) {
    std::size_t taken = 0;
    const bool begins_in_head = state_ == State::head;
    if (begins_in_head && !got_some()) {
        // Some clients end a body with a line end too many, which HTTP lets pass.
        while (bytes.substr(taken).starts_with("\r\n"))
            taken += 2;
    }
    while (state_ == State::head || state_ == State::body) {
        const std::string_view rest = bytes.substr(taken);
        if (rest.empty()) break;
        Error error;
        taken += basic_parser::put({rest.data(), rest.size()}, error);
        if (error == http::error::need_more) {
            const std::size_t waiting = bytes.size() - taken;
            if (state_ == State::body && waiting > limits_.header_bytes_max) {
                refuse("bad_request", "the line before a chunk of the body is too long", error);
                state_ = State::refused;
            }
            break;
        }
        if (error) {
            refuse_for(error, bytes.substr(taken));
        } else if (is_done()) {
            state_ = State::done;
        } else if (is_header_done()) {
            state_ = State::body;
            if (begins_in_head) break;
        }
    }
    return taken;
}

void RequestReader::refuse(std::string_view code, std::string detail, Error& error) {
    refusal_ = problem(code, std::move(detail));
    error = http::error::bad_value;
}

void RequestReader::refuse_for(const Error& error, std::string_view rest) {
    state_ = State::refused;
    if (!refusal_.code.empty()) return;
    if (error == http::error::header_limit) {
        // Without the end of the first line it is the target that does not end.
        const bool is_target = !is_header_done() && request_->method_text.empty() &&
                               rest.find('\n') == std::string_view::npos;
        refusal_ = is_target ? problem("uri_too_long",
                                       "the request target is longer than " +
                                           std::to_string(limits_.target_bytes_max) + " bytes")
                             : problem("header_too_large",
                                       "the headers are longer than " +
                                           std::to_string(limits_.header_bytes_max) + " bytes");
    } else if (error == http::error::body_limit) {
        refusal_ = problem("too_large", "the body is longer than " +
                                            std::to_string(limits_.body_bytes_max) + " bytes");
    } else if (error == http::error::bad_method || error == http::error::bad_version) {
        refusal_ = problem("bad_request",
                           "this is no HTTP/1.1 request; the server speaks HTTP/1.1 without TLS");
    } else {
        refusal_ = problem("bad_request", "the request cannot be read: " + error.message());
    }
}

void RequestReader::on_request_impl(http::verb method, Text method_text, Text target, int version,
                                    Error& error) {
    version_ = version;
    request_->method = method_of(method);
    request_->method_text = view(method_text);
    if (target.size() > limits_.target_bytes_max) {
        refuse("uri_too_long",
               "the request target has " + std::to_string(target.size()) + " bytes, more than " +
                   std::to_string(limits_.target_bytes_max),
               error);
        return;
    }
    if (auto read = read_target(view(target), *request_); !read) {
        refuse("bad_request", read.error(), error);
    }
}

void RequestReader::on_response_impl(int, Text, int, Error&) {}

void RequestReader::on_field_impl(http::field field, Text name, Text value, Error& error) {
    // Fields after a chunked body come too late to be checked, and nobody needs them.
    if (state_ != State::head) return;
    header_bytes_ += name.size() + value.size() + 4;
    if (header_bytes_ > limits_.header_bytes_max || request_->headers.all().size() >= fields_max) {
        return refuse("header_too_large",
                      "the headers are longer than " + std::to_string(limits_.header_bytes_max) +
                          " bytes, or more than " + std::to_string(fields_max),
                      error);
    }
    if (!is_text(view(value))) {
        return refuse("bad_request",
                      "the header '" + std::string{view(name)} +
                          "' is not UTF-8 or holds a control character",
                      error);
    }
    if (field == http::field::host) {
        // The target may have named the host already; then that one counts.
        if (++hosts_ == 1 && request_->headers.find("Host") != nullptr) return;
    } else if (field == http::field::expect) {
        expects_continue_ = boost::beast::iequals(value, "100-continue");
    } else if (field == http::field::upgrade) {
        names_websocket_ = names_websocket_ || has_word(view(value), "websocket");
    } else if (field == http::field::transfer_encoding) {
        has_transfer_encoding_ = true;
        // Of `gzip, chunked` the body would be taken as it is, packed.
        has_other_coding_ = has_other_coding_ || !boost::beast::iequals(value, "chunked");
    }
    request_->headers.add(std::string{view(name)}, std::string{view(value)});
}

void RequestReader::on_header_impl(Error& error) {
    // Where two readers could see different ends of a request, somebody can hide a second one.
    if (has_transfer_encoding_ && (has_other_coding_ || !chunked() || version_ < 11)) {
        return refuse("bad_request", "Transfer-Encoding can be 'chunked' only", error);
    }
    if (hosts_ > 1) return refuse("bad_request", "there is more than one Host header", error);
    if (version_ >= 11 && hosts_ == 0) {
        return refuse("bad_request", "an HTTP/1.1 request needs a Host header", error);
    }
}

void RequestReader::on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) {
    if (!length) return;
    request_->body.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(*length, body_reserve_max)));
}

std::size_t RequestReader::on_body_impl(Text piece, Error&) {
    request_->body.append(piece.data(), piece.size());
    return piece.size();
}

void RequestReader::on_chunk_header_impl(std::uint64_t, Text, Error&) {}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, Text piece, Error& error) {
    return on_body_impl(piece, error);
}

void RequestReader::on_finish_impl(Error&) {}

}  // namespace millrace::server
