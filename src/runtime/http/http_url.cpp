// SPDX-License-Identifier: Apache-2.0
#include "http/http_url.hpp"
#include "millrace/core/percent.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace millrace::runtime {

class HttpUrl::Handle {
public:
    CURLUcode set(CURLUPart part, const std::string& value, unsigned flags) {
        return curl_url_set(url_.get(), part, value.empty() ? nullptr : value.c_str(), flags);
    }
    std::string get(CURLUPart part, unsigned flags = 0) const {
        char* value = nullptr;
        if (curl_url_get(url_.get(), part, &value, flags) != CURLUE_OK) return {};
        std::string copy{value};
        curl_free(value);
        return copy;
    }
    bool valid() const { return url_ != nullptr; }

private:
    struct Cleanup {
        void operator()(CURLU* url) const { curl_url_cleanup(url); }
    };
    std::unique_ptr<CURLU, Cleanup> url_{curl_url()};
};

namespace {

std::string explain(CURLUcode code) {
    switch (code) {
        case CURLUE_UNSUPPORTED_SCHEME: return "only http:// and https:// are supported";
        case CURLUE_BAD_SCHEME: return "it has no scheme; begin with http:// or https://";
        case CURLUE_USER_NOT_ALLOWED:
            return "it contains a user name or password; send an authorization header instead";
        case CURLUE_BAD_PORT_NUMBER: return "its port is not a number from 1 to 65535";
        case CURLUE_NO_HOST: return "it has no host";
        case CURLUE_MALFORMED_INPUT:
        case CURLUE_BAD_HOSTNAME:
        case CURLUE_BAD_PATH:
        case CURLUE_BAD_QUERY:
            return "it is malformed; spaces and control characters must be percent-encoded";
        default: return curl_url_strerror(code);
    }
}

}  // namespace

std::string percent_encoded_segment(std::string_view text) {
    return core::percent_encoded(text, "-._~!$&'()*+,;=:@");
}

std::expected<HttpUrl, std::string> HttpUrl::from(Handle& handle) {
    HttpUrl url;
    // Fragments are for the reader of the answer and are never sent.
    handle.set(CURLUPART_FRAGMENT, {}, 0);
    url.scheme_ = handle.get(CURLUPART_SCHEME);
    if (url.scheme_ != "http" && url.scheme_ != "https") {
        return std::unexpected{"only http:// and https:// are supported"};
    }
    url.host_ = handle.get(CURLUPART_HOST);
    for (char& c : url.host_) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (url.host_.empty()) return std::unexpected{"it has no host"};
    // Such names have several spellings; rules about hosts must see the one that is looked up.
    const auto is_ascii = [](char c) { return c > 0x20 && c < 0x7f && c != '%'; };
    if (!std::all_of(url.host_.begin(), url.host_.end(), is_ascii)) {
        return std::unexpected{"its host has characters beyond ASCII; write its xn-- form"};
    }
    if (handle.set(CURLUPART_HOST, url.host_, 0) != CURLUE_OK) {
        return std::unexpected{"its host is malformed"};
    }
    url.text_ = handle.get(CURLUPART_URL);
    const std::string port = handle.get(CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), url.port_);
    if (url.text_.empty() || parsed.ec != std::errc{} || url.port_ == 0) {
        return std::unexpected{"its port is not a number from 1 to 65535"};
    }
    handle.set(CURLUPART_QUERY, {}, 0);
    url.display_ = handle.get(CURLUPART_URL);
    if (url.host_.starts_with('[')) url.host_ = url.host_.substr(1, url.host_.size() - 2);
    return url;
}

std::expected<HttpUrl, std::string> HttpUrl::parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        return std::unexpected{"it contains a NUL character"};
    }
    Handle handle;
    if (!handle.valid()) return std::unexpected{"there is no memory to read it"};
    const std::string whole{text};
    const CURLUcode code = handle.set(CURLUPART_URL, whole, CURLU_DISALLOW_USER | CURLU_URLENCODE);
    if (code != CURLUE_OK) return std::unexpected{explain(code)};
    return from(handle);
}

std::expected<HttpUrl, std::string> HttpUrl::resolve(std::string_view location) const {
    if (location.find('\0') != std::string_view::npos) {
        return std::unexpected{"it contains a NUL character"};
    }
    Handle handle;
    if (!handle.valid()) return std::unexpected{"there is no memory to read it"};
    CURLUcode code = handle.set(CURLUPART_URL, text_, 0);
    if (code != CURLUE_OK) return std::unexpected{explain(code)};
    const std::string target{location};
    code = handle.set(CURLUPART_URL, target,
                      CURLU_DISALLOW_USER | CURLU_URLENCODE | CURLU_ALLOW_SPACE);
    if (code != CURLUE_OK) return std::unexpected{explain(code)};
    return from(handle);
}

std::expected<HttpUrl, std::string> HttpUrl::with_parameter(std::string_view name,
                                                            std::string_view value) const {
    Handle handle;
    if (!handle.valid()) return std::unexpected{"there is no memory to read it"};
    CURLUcode code = handle.set(CURLUPART_URL, text_, 0);
    if (code != CURLUE_OK) return std::unexpected{explain(code)};
    const std::string parameter = core::percent_encoded(name) + "=" + core::percent_encoded(value);
    code = handle.set(CURLUPART_QUERY, parameter, CURLU_APPENDQUERY);
    if (code != CURLUE_OK) return std::unexpected{explain(code)};
    return from(handle);
}

}  // namespace millrace::runtime
