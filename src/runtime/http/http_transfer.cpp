// SPDX-License-Identifier: Apache-2.0
#include "http/http_transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "millrace/core/check.hpp"

namespace millrace::runtime {

HttpTransfer::HttpTransfer(HttpTicket ticket, HttpExchange exchange, const EgressPolicy& policy)
    : ticket_{ticket}, exchange_{std::move(exchange)}, policy_{policy}, easy_{curl_easy_init()} {}

HttpTransfer& HttpTransfer::of(CURL* handle) {
    char* self = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
    MR_CHECK(self != nullptr);
    return *static_cast<HttpTransfer*>(static_cast<void*>(self));
}

bool HttpTransfer::prepare(const HttpLimits& limits) {
    if (easy_ == nullptr) return false;
    curl_easy_reset(easy_.get());
    headers_.reset();
    denial_.clear();
    detail_.front() = '\0';
    refused_ = false;
    set_connection(limits);
    set_callbacks();
    set_method();
    set_headers();
    return !refused_;
}

void HttpTransfer::set_connection(const HttpLimits& limits) {
    const HttpRequest& request = exchange_.request();
    set(CURLOPT_URL, request.url.text().c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    // An empty name, unlike none, also overrules http_proxy and its like in the environment.
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    // Without it, the end of the process waits for names that are still being resolved.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    set(CURLOPT_USERAGENT, "Millrace");
    set(CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.ms));
    // libcurl counts in seconds: at least one.
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((limits.idle_timeout.ms + 999) / 1000));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
}

void HttpTransfer::set_callbacks() {
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, detail_.data());
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void HttpTransfer::set_method() {
    const HttpRequest& request = exchange_.request();
    const std::string& method = request.method;
    if (method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
        return;
    }
    const bool expects_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (expects_body || !request.body.empty()) {
        set(CURLOPT_POST, 1L);
        // libcurl reads it where it is; the exchange keeps it until the request has ended.
        set(CURLOPT_POSTFIELDS, request.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    } else {
        set(CURLOPT_HTTPGET, 1L);
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void HttpTransfer::add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    refused_ = refused_ || longer == nullptr;
    if (longer == nullptr) return;
    // The list's head stays the same once there is one.
    if (headers_ == nullptr) headers_.reset(longer);
}

void HttpTransfer::set_headers() {
    bool has_type = false;
    for (const auto& [name, value] : exchange_.request().headers) {
        // libcurl takes "name:" as a wish to leave the header out; "name;" sends it empty.
        add_header(value.empty() ? name + ";" : name + ": " + value);
        has_type = has_type || curl_strequal(name.c_str(), "content-type") != 0;
    }
    // libcurl would call any body a form, and wait for "100 Continue" before large ones.
    if (!has_type) add_header("Content-Type:");
    add_header("Expect:");
    set(CURLOPT_HTTPHEADER, headers_.get());
}

curl_socket_t HttpTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    HttpTransfer& transfer = *static_cast<HttpTransfer*>(self);
    const std::optional<IpAddress> ip = IpAddress::from(address->addr);
    if (!ip) return CURL_SOCKET_BAD;
    const std::string& host = transfer.exchange_.request().url.host();
    if (const auto denial = transfer.policy_.address_denial(host, *ip)) {
        transfer.denial_ = ip->text() + ": " + *denial;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count,
                                    void* self) noexcept {
    const std::string_view line{data, size * count};
    return static_cast<HttpTransfer*>(self)->exchange_.header_line(line) ? line.size() : 0;
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count,
                                  void* self) noexcept {
    const std::string_view piece{data, size * count};
    const bool wanted = static_cast<HttpTransfer*>(self)->exchange_.body(piece);
    // Any other number than that of the bytes is an error to libcurl; 0 would not do for none.
    return wanted ? piece.size() : piece.size() + 1;
}

TransferError HttpTransfer::meaning(CURLcode code) const {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST: return TransferError::dns;
        case CURLE_COULDNT_CONNECT:
            return denial_.empty() ? TransferError::connect : TransferError::egress;
        case CURLE_OPERATION_TIMEDOUT: {
            curl_off_t until_transfer = 0;
            curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &until_transfer);
            return until_transfer == 0 ? TransferError::connect_timeout : TransferError::idle;
        }
        case CURLE_PEER_FAILED_VERIFICATION: return TransferError::certificate;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_INVALIDCERTSTATUS: return TransferError::tls;
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE: return TransferError::reset;
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WRITE_ERROR: return TransferError::bad_response;
        default: return TransferError::internal;
    }
}

void HttpTransfer::count_traffic() {
    const auto size = [this](CURLINFO info) {
        curl_off_t bytes = 0;
        curl_easy_getinfo(easy_.get(), info, &bytes);
        return static_cast<std::uint64_t>(std::max<curl_off_t>(bytes, 0));
    };
    const auto head_size = [this](CURLINFO info) {
        long bytes = 0;
        curl_easy_getinfo(easy_.get(), info, &bytes);
        return static_cast<std::uint64_t>(std::max(bytes, 0L));
    };
    traffic_.sent += size(CURLINFO_SIZE_UPLOAD_T) + head_size(CURLINFO_REQUEST_SIZE);
    traffic_.received += size(CURLINFO_SIZE_DOWNLOAD_T) + head_size(CURLINFO_HEADER_SIZE);
}

HttpExchange::Step HttpTransfer::ended(CURLcode code) {
    count_traffic();
    if (code == CURLE_OK) return exchange_.finished();
    const TransferError error = meaning(code);
    if (error == TransferError::egress) return exchange_.failed(error, denial_);
    const std::string_view detail{detail_.data()};
    return exchange_.failed(error, detail.empty() ? curl_easy_strerror(code) : detail);
}

}  // namespace millrace::runtime
