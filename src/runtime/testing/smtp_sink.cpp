// SPDX-License-Identifier: Apache-2.0
#include "testing/smtp_sink.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "millrace/core/json.hpp"

namespace millrace::runtime::testing {
namespace {

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

/// The address in `MAIL FROM:<a@b.de> SIZE=1`.
std::string address_in(std::string_view line) {
    const std::size_t open = line.find('<');
    const std::size_t close = line.find('>', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return {};
    return std::string{line.substr(open + 1, close - open - 1)};
}

std::string decoded(std::string_view base64) {
    return core::parse_base64(base64).value_or("");
}

}  // namespace

std::string ReceivedMail::header(std::string_view name) const {
    const std::string wanted = upper(name) + ":";
    std::size_t at = 0;
    while (at < content.size()) {
        std::size_t end = content.find("\r\n", at);
        if (end == at || end == std::string::npos) return {};
        // A line that begins with a blank goes on with the header.
        while (end + 2 < content.size() && (content[end + 2] == ' ' || content[end + 2] == '\t'))
            end = content.find("\r\n", end + 2);
        std::string text = content.substr(at, end - at);
        at = end + 2;
        if (upper(text).starts_with(wanted)) {
            for (std::size_t fold = 0; (fold = text.find("\r\n")) != std::string::npos;)
                text.erase(fold, 2);
            const std::size_t value = text.find_first_not_of(' ', wanted.size());
            return value == std::string::npos ? "" : text.substr(value);
        }
    }
    return {};
}

/// One client's conversation.
class SmtpSink::Session {
public:
    Session(SmtpSink& sink, int socket) : sink_{sink}, socket_{socket} {}

    void run() {
        if (!answer("(greeting)", "220 sink ESMTP")) return;
        while (const std::optional<std::string> line = next_line()) {
            if (!obey(*line)) return;
        }
    }

private:
    bool obey(const std::string& line) {
        const std::string command = upper(line);
        if (command.starts_with("EHLO")) {
            return answer(line,
                          "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                          "250-AUTH PLAIN LOGIN\r\n250 SIZE 104857600");
        }
        if (command.starts_with("HELO")) return answer(line, "250 sink");
        if (command.starts_with("AUTH")) return log_in(line);
        if (command.starts_with("MAIL FROM:")) return begin(line);
        if (command.starts_with("RCPT TO:")) return add_recipient(line);
        if (command == "DATA") return take_content(line);
        if (command == "RSET" || command == "NOOP") {
            if (command == "RSET") mail_ = {};
            return answer(line, "250 OK");
        }
        if (command == "QUIT") {
            answer(line, "221 Bye");
            return false;
        }
        return answer(line, "500 unknown command");
    }
    bool begin(const std::string& line) {
        mail_ = {};
        mail_.user = user_;
        mail_.from = address_in(line);
        has_sender_ = true;
        return answer(line, "250 OK");
    }
    bool add_recipient(const std::string& line) {
        if (!has_sender_) return answer(line, "503 MAIL first");
        const auto own = sink_.handler_ ? sink_.handler_(line) : std::nullopt;
        note(line);
        if (own) return send_reply(*own);
        mail_.recipients.push_back(address_in(line));
        return send_reply({.text = "250 OK"});
    }
    bool take_content(const std::string& line) {
        if (mail_.recipients.empty()) return answer(line, "503 RCPT first");
        note(line);
        const auto own = sink_.handler_ ? sink_.handler_(line) : std::nullopt;
        if (own) return send_reply(*own);
        if (!send_reply({.text = "354 Go on"})) return false;
        while (const std::optional<std::string> text = next_line()) {
            if (*text == ".") return keep();
            mail_.content += (text->starts_with('.') ? text->substr(1) : *text) + "\r\n";
        }
        return false;
    }
    bool keep() {
        note("(content)");
        const auto own = sink_.handler_ ? sink_.handler_("(content)") : std::nullopt;
        const bool is_accepted = !own || own->text.starts_with("2") || own->text.empty();
        if (is_accepted) {
            const std::scoped_lock lock{sink_.mutex_};
            sink_.mails_.push_back(std::exchange(mail_, {}));
        }
        has_sender_ = false;
        return send_reply(own.value_or(SmtpReply{.text = "250 OK queued as 1"}));
    }
    bool log_in(const std::string& line) {
        const std::string command = upper(line);
        std::string answer_text;
        if (command.starts_with("AUTH PLAIN")) {
            std::string given = line.size() > 11 ? line.substr(11) : ask("334 ");
            given = decoded(given);
            const std::size_t name = given.find('\0') + 1;
            user_ = given.substr(name, given.find('\0', name) - name);
        } else {
            user_ = decoded(ask("334 VXNlcm5hbWU6"));
            ask("334 UGFzc3dvcmQ6");
        }
        return answer(line, "235 welcome");
    }
    std::string ask(const std::string& question) {
        if (!send_reply({.text = question})) return {};
        return next_line().value_or("");
    }

    bool answer(const std::string& line, std::string usual) {
        note(line);
        const auto own = sink_.handler_ ? sink_.handler_(line) : std::nullopt;
        return send_reply(own.value_or(SmtpReply{.text = std::move(usual)}));
    }
    void note(const std::string& line) {
        const std::scoped_lock lock{sink_.mutex_};
        sink_.lines_.push_back(line);
        sink_.arrived_.notify_all();
    }
    bool send_reply(const SmtpReply& reply) {
        if (reply.gate) sink_.hold(reply.gate);
        std::string bytes = reply.text.empty() ? "" : reply.text + "\r\n";
        std::string_view rest = bytes;
        while (!rest.empty()) {
            const ssize_t count = send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        return !reply.close;
    }
    std::optional<std::string> next_line() {
        std::size_t end = 0;
        while ((end = pending_.find("\r\n")) == std::string::npos) {
            std::array<char, 16'384> buffer;
            const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
            if (count <= 0) return std::nullopt;
            pending_.append(buffer.data(), static_cast<std::size_t>(count));
        }
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 2);
        return line;
    }

    SmtpSink& sink_;
    int socket_;
    std::string pending_;  // read, but not used: clients may send ahead
    std::string user_;
    ReceivedMail mail_;
    bool has_sender_ = false;
};

SmtpSink::SmtpSink(Handler handler) : handler_{std::move(handler)} {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool ready = listener_ >= 0 && bind(listener_, generic, size) == 0 &&
                       listen(listener_, SOMAXCONN) == 0 &&
                       getsockname(listener_, generic, &size) == 0;
    if (!ready) std::abort();
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
}

SmtpSink::~SmtpSink() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
        for (const auto& gate : gates_)
            gate->open();
        for (const Connection& connection : connections_)
            shutdown(connection.socket, SHUT_RDWR);
    }
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (Connection& connection : connections_) {
        connection.thread.join();
        close(connection.socket);
    }
    close(listener_);
}

std::string SmtpSink::url() const {
    return "smtp://127.0.0.1:" + std::to_string(port_);
}

std::vector<ReceivedMail> SmtpSink::mails() const {
    const std::scoped_lock lock{mutex_};
    return mails_;
}

std::vector<std::string> SmtpSink::lines() const {
    const std::scoped_lock lock{mutex_};
    return lines_;
}

void SmtpSink::wait_for_line(std::string_view beginning) const {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [&] {
        return std::ranges::any_of(
            lines_, [&](const std::string& line) { return line.starts_with(beginning); });
    });
}

void SmtpSink::accept_all() {
    while (true) {
        const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) return;
        const std::scoped_lock lock{mutex_};
        if (stopping_) {
            close(accepted);
            return;
        }
        Connection& connection = connections_.emplace_back();
        connection.socket = accepted;
        connection.thread = std::thread{[this, accepted] {
            Session{*this, accepted}.run();
            shutdown(accepted, SHUT_RDWR);
        }};
    }
}

void SmtpSink::hold(const std::shared_ptr<Gate>& gate) {
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        gates_.push_back(gate);
    }
    gate->wait();
}

}  // namespace millrace::runtime::testing
