// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "http/http_client.hpp"
#include "http/http_exchange.hpp"

namespace millrace::runtime {

/// A libcurl handle that performs the requests of one exchange, one after the other. Stays where
/// it is while a request runs: libcurl keeps its address.
class HttpTransfer {
public:
    HttpTransfer(HttpTicket ticket, HttpExchange exchange, const EgressPolicy& policy);
    HttpTransfer(const HttpTransfer&) = delete;
    HttpTransfer& operator=(const HttpTransfer&) = delete;

    HttpTicket ticket() const { return ticket_; }
    CURL* handle() const { return easy_.get(); }
    static HttpTransfer& of(CURL* handle);

    HttpExchange::Step begin() { return exchange_.begin(); }
    /// Prepares the handle for the exchange's request. False when libcurl refuses an option.
    bool prepare(const HttpLimits& limits);
    /// libcurl is done with the request.
    HttpExchange::Step ended(CURLcode code);
    /// Of all requests that have ended.
    const HttpTraffic& traffic() const { return traffic_; }

private:
    struct FreeEasy {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    template <class T>
    void set(CURLoption option, T value) {
        refused_ = refused_ || curl_easy_setopt(easy_.get(), option, value) != CURLE_OK;
    }
    void set_connection(const HttpLimits& limits);
    void set_callbacks();
    void set_method();
    void set_headers();
    void add_header(const std::string& line);
    TransferError meaning(CURLcode code) const;
    void count_traffic();

    static curl_socket_t open_socket(void* self, curlsocktype purpose,
                                     curl_sockaddr* address) noexcept;
    static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                                 void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;

    HttpTicket ticket_;
    HttpExchange exchange_;
    const EgressPolicy& policy_;  // the client's
    std::string denial_;
    std::array<char, CURL_ERROR_SIZE> detail_{};
    bool refused_ = false;
    HttpTraffic traffic_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::unique_ptr<CURL, FreeEasy> easy_;  // last: it refers to all of the above
};

}  // namespace millrace::runtime
