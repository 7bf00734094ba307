// SPDX-License-Identifier: Apache-2.0
// What it costs to have many who follow events and hear nothing, and how soon those who do hear
// something: for people who size a server for open browsers. Starts the program that is its first
// argument, opens 10,000 idle event streams and WebSockets (or as many as the second says), and
// reads what memory the server then has; then runs a workflow one at a time and measures from the
// request to the arrival of its last event at a WebSocket, which includes the commits.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/process.hpp"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr std::string_view workflow = R"({"millrace": 1, "id": "followed", "name": "Followed",
    "nodes": [{"id": "start", "type": "trigger.manual"},
              {"id": "note", "type": "debug.log", "data": {"message": "here"}}],
    "connections": ["start -> note"]})";

/// The program under test; killed at the end.
class Server {
public:
    explicit Server(const char* program) {
        int out[2];
        if (::pipe(out) != 0) bench::give_up("no pipe");
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            ::dup2(out[1], STDERR_FILENO);
            ::close(out[0]);
            ::execl(program, program, "serve", "--listen", "127.0.0.1:0", "--data",
                    folder_.path().c_str(), nullptr);
            ::_exit(127);
        }
        ::close(out[1]);
        std::string said;
        char c = 0;
        while (port_ == 0 && ::read(out[0], &c, 1) == 1) {
            if (c != '\n') {
                said += c;
                continue;
            }
            if (const auto at = said.find("ready: http://127.0.0.1:"); at != std::string::npos)
                port_ = static_cast<std::uint16_t>(std::stoi(said.substr(at + 24)));
            said.clear();
        }
        if (port_ == 0) bench::give_up("the server did not start; is the first argument millrace?");
    }
    ~Server() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const { return port_; }
    /// Of its memory, in MiB.
    double resident() const {
        std::ifstream status{"/proc/" + std::to_string(pid_) + "/status"};
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1'024;
        return 0;
    }

private:
    bench::TempFolder folder_;
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

int connect_to(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        bench::give_up("cannot connect; is the limit of open files high enough?");
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

void send_all(int socket, std::string_view text) {
    if (::send(socket, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        bench::give_up("the server does not read");
}

/// Reads until `mark` has come; what came.
std::string read_until(int socket, std::string_view mark) {
    std::string text;
    char part[4'096];
    while (text.find(mark) == std::string::npos) {
        const ssize_t count = ::recv(socket, part, sizeof part, 0);
        if (count <= 0) bench::give_up("the server ended the connection after: " + text);
        text.append(part, static_cast<std::size_t>(count));
    }
    return text;
}

std::string head(std::string_view method, std::string_view target, std::string_view more) {
    std::string text{method};
    return text.append(" ")
        .append(target)
        .append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        .append(more)
        .append("\r\n");
}

/// `types`: only these events.
int follow(std::uint16_t port, bool is_websocket, const std::string& types) {
    const int socket = connect_to(port);
    const std::string query = "?types=" + types;
    send_all(socket, is_websocket ? head("GET", "/api/v1/ws/workflows/followed" + query,
                                         "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                         "Sec-WebSocket-Version: 13\r\n"
                                         "Sec-WebSocket-Key: bWlsbHJhY2UgYmVuY2htYQ==\r\n")
                                  : head("GET", "/api/v1/workflows/followed/events" + query,
                                         "Accept: text/event-stream\r\n"));
    const std::string answer = read_until(socket, "\r\n\r\n");
    if (!answer.starts_with(is_websocket ? "HTTP/1.1 101" : "HTTP/1.1 200"))
        bench::give_up("refused: " + answer);
    return socket;
}

void post(int socket, std::string_view target, std::string_view body) {
    send_all(socket, head("POST", target,
                          "Content-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n") +
                         std::string{body});
}

/// From asking for a run to the event that it has ended, in milliseconds, sorted.
std::vector<double> latencies(std::uint16_t port, int runs) {
    const int events = follow(port, true, "*");
    const int requests = connect_to(port);
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const auto begin = Clock::now();
        post(requests, "/api/v1/workflows/followed/execute", "{}");
        read_until(events, R"("type":"execution.completed")");
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
        read_until(requests, "\"status\"");
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    ::close(events);
    ::close(requests);
    std::ranges::sort(times);
    return times;
}

void print(const char* what, const std::vector<double>& times) {
    std::printf("%s: p50 %.2f ms, p99 %.2f ms, most %.2f ms\n", what, times[times.size() / 2],
                times[times.size() * 99 / 100], times.back());
}

void measure(const char* program, int count, bool is_websocket) {
    const Server server{program};
    const int setup = connect_to(server.port());
    post(setup, "/api/v1/workflows", workflow);
    if (!read_until(setup, "\r\n\r\n").starts_with("HTTP/1.1 201"))
        bench::give_up("the workflow was refused");
    ::close(setup);
    print("nobody else follows", latencies(server.port(), 200));
    const double before = server.resident();
    std::vector<int> idle;
    const auto begin = Clock::now();
    for (int i = 0; i < count; ++i)
        idle.push_back(follow(server.port(), is_websocket, "execution.paused"));
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::this_thread::sleep_for(std::chrono::seconds{1});
    std::printf("%d idle %s, connected in %.1f s: %.1f MiB, before %.1f MiB\n", count,
                is_websocket ? "WebSockets" : "event streams", took.count(), server.resident(),
                before);
    print("beside them", latencies(server.port(), 200));
    for (const int socket : idle)
        ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) bench::give_up("usage: bench_subscribers MILLRACE [COUNT]");
    const int count = argc > 2 ? std::stoi(argv[2]) : 10'000;
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);

    measure(argv[1], count, false);
    measure(argv[1], count, true);
    return 0;
}
