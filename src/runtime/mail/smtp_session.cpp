// SPDX-License-Identifier: Apache-2.0
#include "mail/smtp_session.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "failures.hpp"
#include "http/curl_global.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/utf8.hpp"

namespace millrace::runtime {
namespace {

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
    char* value = nullptr;
    if (curl_url_get(url, part, &value, 0) != CURLUE_OK) return {};
    std::string copy{value};
    curl_free(value);
    return copy;
}

bool is_loopback(const SmtpServer& server) {
    const std::optional<IpAddress> address = IpAddress::parse(server.host);
    if (!address) return server.host == "localhost";
    static const IpRange v4{*IpAddress::parse("127.0.0.0"), 8};
    static const IpRange v6{*IpAddress::parse("::1"), 128};
    return v4.contains(*address) || v6.contains(*address);
}

/// One letter on its way.
class Session {
public:
    Session(const SmtpServer& server, const SmtpLetter& letter, const EgressPolicy& egress)
        : server_{server}, rest_{letter.message}, egress_{egress}, easy_{curl_easy_init()} {
        MR_CHECK(easy_ != nullptr);
        set_connection();
        set_letter(letter);
    }

    std::expected<std::string, core::Failure> perform(const std::stop_token& stop) {
        const std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
        MR_CHECK(multi != nullptr);
        if (refused_ || curl_multi_add_handle(multi.get(), easy_.get()) != CURLM_OK) {
            return std::unexpected{make_failure(core::ErrorClass::internal, "smtp_client",
                                                "libcurl refused the mail", true)};
        }
        const std::stop_callback on_stop{stop, [&multi] { curl_multi_wakeup(multi.get()); }};
        std::optional<CURLcode> ended;
        while (!ended && !stop.stop_requested())
            ended = step(multi.get());
        // libcurl would end the mail where it stands, as if it were whole, and wait for the answer.
        if (!ended) cut();
        curl_multi_remove_handle(multi.get(), easy_.get());
        if (!ended) {
            return std::unexpected{make_failure(core::ErrorClass::canceled, "canceled",
                                                "the mail was given up on its way")};
        }
        if (*ended == CURLE_OK) return reply_;
        return std::unexpected{failure(*ended)};
    }

private:
    template <class T>
    void set(CURLoption option, T value) {
        refused_ = refused_ || curl_easy_setopt(easy_.get(), option, value) != CURLE_OK;
    }
    void set_connection() {
        constexpr long connect_timeout_ms = 10'000;
        constexpr long reply_timeout_s = 120;
        constexpr long idle_timeout_s = 300;
        set(CURLOPT_URL, server_.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set(CURLOPT_PROXY, "");
        set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_QUICK_EXIT, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, reply_timeout_s);
        set(CURLOPT_LOW_SPEED_TIME, idle_timeout_s);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_SSL_VERIFYPEER, server_.verify_tls ? 1L : 0L);
        set(CURLOPT_SSL_VERIFYHOST, server_.verify_tls ? 2L : 0L);
        const bool must = !server_.username.empty() && !is_loopback(server_);
        set(CURLOPT_USE_SSL, static_cast<long>(must ? CURLUSESSL_ALL : CURLUSESSL_TRY));
        if (!server_.username.empty()) {
            set(CURLOPT_USERNAME, server_.username.c_str());
            set(CURLOPT_PASSWORD, server_.password.c_str());
        }
        set(CURLOPT_ERRORBUFFER, detail_.data());
        set(CURLOPT_OPENSOCKETFUNCTION, &Session::open_socket);
        set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
        set(CURLOPT_CLOSESOCKETFUNCTION, &Session::close_socket);
        set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
        set(CURLOPT_HEADERFUNCTION, &Session::on_reply);
        set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    }
    void set_letter(const SmtpLetter& letter) {
        curl_slist* list = nullptr;
        for (const std::string& recipient : letter.recipients) {
            curl_slist* const longer = curl_slist_append(list, ("<" + recipient + ">").c_str());
            refused_ = refused_ || longer == nullptr;
            if (longer != nullptr) list = longer;
        }
        recipients_.reset(list);
        set(CURLOPT_MAIL_FROM, ("<" + letter.from + ">").c_str());
        set(CURLOPT_MAIL_RCPT, recipients_.get());
        set(CURLOPT_UPLOAD, 1L);
        // The connection ends with the mail, and not only with the handles.
        set(CURLOPT_FORBID_REUSE, 1L);
        set(CURLOPT_READFUNCTION, &Session::on_read);
        set(CURLOPT_READDATA, static_cast<void*>(this));
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(letter.message.size()));
    }
    static std::optional<CURLcode> step(CURLM* multi) {
        int running = 0;
        MR_CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg == CURLMSG_DONE) return message->data.result;
        }
        constexpr int poll_max_ms = 1'000;
        MR_CHECK(curl_multi_poll(multi, nullptr, 0, poll_max_ms, nullptr) == CURLM_OK);
        return std::nullopt;
    }
    /// The digits of the last reply; 0 when there was none.
    int reply_code() const {
        int code = 0;
        const std::string_view digits = std::string_view{reply_}.substr(0, 3);
        const auto end = std::from_chars(digits.begin(), digits.end(), code).ptr;
        return end == digits.end() && code < 600 ? code : 0;
    }
    core::Failure failure(CURLcode code) const {
        using enum core::ErrorClass;
        const std::string before = "mail by " + server_.url + ": ";
        if (!denial_.empty()) {
            return make_failure(validation, "egress_denied",
                                before + "the egress policy denies " + denial_);
        }
        // Where the connection has ended, the last reply was no refusal.
        const int reply = reply_code();
        if (reply >= 400) {
            core::Failure refusal =
                make_failure(reply < 500 ? connection : validation, "smtp_" + std::to_string(reply),
                             before + reply_, reply < 500);
            refusal.details = core::Value::object({{"status", reply}, {"response", reply_}});
            return refusal;
        }
        const std::string detail =
            before + (detail_.front() != '\0' ? detail_.data() : curl_easy_strerror(code));
        switch (code) {
            case CURLE_COULDNT_RESOLVE_HOST:
                return make_failure(connection, "dns_failure", detail, true);
            case CURLE_COULDNT_CONNECT:
                return make_failure(connection, "connect_failed", detail, true);
            case CURLE_OPERATION_TIMEDOUT:
                return make_failure(timeout, reply == 0 ? "connect_timeout" : "smtp_timeout",
                                    detail, true);
            case CURLE_USE_SSL_FAILED:
                return make_failure(connection, "tls_failed",
                                    detail + "; a password is sent over TLS only");
            case CURLE_PEER_FAILED_VERIFICATION:
                return make_failure(connection, "tls_failed", detail);
            case CURLE_SSL_CONNECT_ERROR:
                return make_failure(connection, "tls_failed", detail, true);
            default: return make_failure(connection, "connection_reset", detail, true);
        }
    }

    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
        Session& session = *static_cast<Session*>(self);
        const std::optional<IpAddress> ip = IpAddress::from(address->addr);
        if (!ip) return CURL_SOCKET_BAD;
        if (const auto denial = session.egress_.address_denial(session.server_.host, *ip)) {
            session.denial_ = ip->text() + ": " + *denial;
            return CURL_SOCKET_BAD;
        }
        const int opened =
            socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        if (opened >= 0) session.sockets_.push_back(opened);
        return opened;
    }
    static int close_socket(void* self, curl_socket_t socket) noexcept {
        std::erase(static_cast<Session*>(self)->sockets_, socket);
        return close(socket);
    }
    void cut() const {
        for (const int socket : sockets_)
            shutdown(socket, SHUT_RDWR);
    }
    static std::size_t on_reply(char* data, std::size_t size, std::size_t count,
                                void* self) noexcept {
        std::string_view line{data, size * count};
        while (line.ends_with('\n') || line.ends_with('\r'))
            line.remove_suffix(1);
        // The farewell says nothing of the mail. Of a reply of several lines the last one counts.
        Session& session = *static_cast<Session*>(self);
        if (!line.starts_with("221")) {
            session.reply_ = core::replace_invalid_utf8(line.substr(0, reply_max));
        }
        // The mail is accepted; what the server says to QUIT is not worth a long wait.
        constexpr long farewell_timeout_s = 2;
        if (session.rest_.empty()) {
            curl_easy_setopt(session.easy_.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT,
                             farewell_timeout_s);
        }
        return size * count;
    }
    static std::size_t on_read(char* into, std::size_t size, std::size_t count,
                               void* self) noexcept {
        Session& session = *static_cast<Session*>(self);
        const std::size_t taken = std::min(session.rest_.size(), size * count);
        std::memcpy(into, session.rest_.data(), taken);
        session.rest_.remove_prefix(taken);
        return taken;
    }

    static constexpr std::size_t reply_max = 500;

    const SmtpServer& server_;
    std::string_view rest_;  // of the message
    const EgressPolicy& egress_;
    std::vector<int> sockets_;  // open ones
    std::string denial_;
    std::string reply_;
    std::array<char, CURL_ERROR_SIZE> detail_{};
    bool refused_ = false;
    std::unique_ptr<curl_slist, FreeList> recipients_;
    std::unique_ptr<CURL, FreeEasy> easy_;  // last: it refers to all of the above
};

}  // namespace

std::expected<SmtpServer, std::string> SmtpServer::parse(std::string_view text) {
    std::string whole{text};
    if (whole.find("://") == std::string::npos) whole = "smtp://" + whole;
    if (!whole.starts_with("smtp://") && !whole.starts_with("smtps://")) {
        return std::unexpected{"begin with smtp:// or smtps://, or write host:port"};
    }
    const auto is_odd = [](char c) { return c <= ' ' || c == '%' || c >= 0x7f; };
    if (std::ranges::any_of(whole, is_odd)) {
        return std::unexpected{"it has a space or a character beyond ASCII"};
    }
    const std::unique_ptr<CURLU, FreeUrl> url{curl_url()};
    if (curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
        return std::unexpected{
            "it is no server; user name and password belong into a credential of type smtp"};
    }
    SmtpServer server;
    server.host = part_of(url.get(), CURLUPART_HOST);
    for (char& c : server.host) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const std::string port = part_of(url.get(), CURLUPART_PORT);
    server.url = part_of(url.get(), CURLUPART_SCHEME) + "://" + server.host +
                 (port.empty() ? "" : ":" + port);
    if (server.host.starts_with('[')) {
        server.host = server.host.substr(1, server.host.size() - 2);
    }
    if (server.host.empty()) return std::unexpected{"it has no host"};
    return server;
}

std::expected<std::string, core::Failure> send_letter(const SmtpServer& server,
                                                      const SmtpLetter& letter,
                                                      const EgressPolicy& egress,
                                                      const std::stop_token& stop) {
    if (const auto denial = egress.host_denial(server.host)) {
        return refused("egress_denied", "mail by " + server.url + " is not allowed: " + *denial);
    }
    ensure_curl();
    return Session{server, letter, egress}.perform(stop);
}

}  // namespace millrace::runtime
