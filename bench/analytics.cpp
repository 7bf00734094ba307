// SPDX-License-Identifier: Apache-2.0
// How long the answers of analytics take where a million executions were counted: for whoever
// changes the rollups, their windows or a list of executions. Fills a SQLite store in TMPDIR with
// what 1,000,000 executions of five workflows in 30 days leave there (or as many as the first
// argument says) and asks a server on it over loopback. Journals of what has ended are left out, no
// answer reads them; those of what has not are unreadable, which `stuck` passes over after the
// look-up. Prints the first, the median and the longest of 21 answers in milliseconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "millrace/nodes/standard.hpp"
#include "millrace/runtime/runtime.hpp"
#include "millrace/server/server.hpp"
#include "millrace/store/open.hpp"
#include "millrace/store/rollups.hpp"
#include "support/process.hpp"

namespace {

using namespace millrace;
using bench::must;
using core::Duration;
using core::Time;
using store::RollupSpan;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t hours = 30 * 24 - 2;  // 30 days, but nothing that retention removes
constexpr std::uint64_t workflows = 5;
constexpr std::uint64_t nodes_of_each = 8;
constexpr std::uint64_t unfinished = 2'000;
constexpr std::size_t rounds = 21;

void require(const core::Result<>& done) {
    if (!done) bench::give_up(done.error().message());
}

Time now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return Time{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

std::string workflow_name(std::uint64_t number) {
    return "flow-" + std::to_string(number);
}

/// The store of a server that has run for a month.
class Filling {
public:
    Filling(store::Store& store, std::uint64_t executions)
        : store_{store}, executions_{executions}, end_{now()} {
        epoch_ = must(store_.take_ownership()).epoch;
        for (std::uint64_t w = 0; w < workflows; ++w)
            must(store_.save_version(workflow_name(w), "hash", "{}", Time{1}));
    }

    void run() {
        const Time begin = end_ - Duration{hours * hour_ms};
        std::uint64_t made = 0;
        for (std::int64_t hour = 0; hour < hours; ++hour) {
            const Time start = begin + Duration{hour * hour_ms};
            const auto until = executions_ * static_cast<std::uint64_t>(hour + 1) / hours;
            add_hour(start, until - made);
            made = until;
            commit(start);
        }
        add_unfinished(begin);
        const auto end = must(store_.feed().end());
        for (auto& [key, rollup] : rows_)
            adds_.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), rollup});
        require(store_.rollups().add(adds_, {end, end_}, std::nullopt));
        require(store_.checkpoint());
    }

private:
    std::uint64_t random() {
        return random_ = random_ * 6'364'136'223'846'793'005u + 1'442'695'041u;
    }

    engine::ExecutionRow row_at(Time created) {
        engine::ExecutionRow row;
        const std::uint64_t high = random();
        row.id = {core::Uuid::v7(created, high, random())};
        row.workflow_id = workflow_name((high >> 40) % workflows);
        row.workflow_hash = "hash";
        row.created_at = created;
        return row;
    }

    void add_hour(Time start, std::uint64_t count) {
        constexpr const char* codes[] = {"http_503", "timeout", "no_stock", "limit"};
        for (std::uint64_t n = 0; n < count; ++n) {
            engine::ExecutionRow row =
                row_at(start + Duration{static_cast<std::int64_t>(n * hour_ms / count)});
            const std::uint64_t took = (random() >> 33) % 8'000;
            const bool failed = (random() >> 33) % 33 == 0;
            row.completed_at = row.created_at + Duration{static_cast<std::int64_t>(took)};
            row.status = failed ? core::ExecutionStatus::failed : core::ExecutionStatus::completed;
            store::Rollup one;
            one.started = 1;
            one.completed = failed ? 0 : 1;
            one.failed = failed ? 1 : 0;
            one.duration_ms.add(took);
            if (failed) one.count_error(codes[(random() >> 33) % std::size(codes)]);
            count_one(row.workflow_id, row.created_at, one);
            frame_.inserted.push_back(std::move(row));
        }
    }

    void count_one(const std::string& workflow, Time at, const store::Rollup& one) {
        for (const RollupSpan span : {RollupSpan::minute, RollupSpan::hour, RollupSpan::day}) {
            if (span == RollupSpan::minute && at < end_ - Duration{8 * hour_ms}) continue;
            const Time start = store::start_of(span, at);
            rows_[{{}, span, start}].merge(one);
            rows_[{{workflow, ""}, span, start}].merge(one);
            if (span == RollupSpan::minute) continue;
            for (std::uint64_t n = 0; n < nodes_of_each; ++n)
                rows_[{{workflow, "node-" + std::to_string(n)}, span, start}].merge(one);
        }
    }

    void add_unfinished(Time begin) {
        for (std::uint64_t n = 0; n < unfinished; ++n) {
            const auto after = static_cast<std::int64_t>(n) * hours * hour_ms /
                               static_cast<std::int64_t>(unfinished);
            engine::ExecutionRow row = row_at(begin + Duration{after});
            engine::ParkedRow parked;
            parked.id = row.id;
            parked.seq = 1;
            parked.snapshot = std::string(700, 's');
            parked.workflow_id = row.workflow_id;
            parked.created_at = row.created_at;
            frame_.parked.push_back(std::move(parked));
            frame_.journal.push_back({row.id, 1, 1, std::string(330, 'r')});
            frame_.inserted.push_back(std::move(row));
        }
        commit(end_);
    }

    void commit(Time at) {
        frame_.number = ++frames_;
        frame_.now = at;
        require(store_.commit(frame_, epoch_));
        frame_ = {};
    }

    store::Store& store_;
    const std::uint64_t executions_;
    const Time end_;
    store::Epoch epoch_;
    engine::Frame frame_;
    std::uint64_t frames_ = 0;
    std::uint64_t random_ = 1;
    std::map<std::tuple<store::RollupSubject, RollupSpan, Time>, store::Rollup> rows_;
    std::vector<store::RollupAdd> adds_;
};

/// The milliseconds until all of an answer is there, which must be a 200.
double ask(std::uint16_t port, const std::string& target) {
    const auto began = std::chrono::steady_clock::now();
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        bench::give_up("no connection");
    const std::string request =
        "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    if (::send(socket, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
        bench::give_up("the request was not taken");
    std::string answer;
    char bytes[65'536];
    ssize_t count = 0;
    while ((count = ::recv(socket, bytes, sizeof bytes, 0)) > 0)
        answer.append(bytes, static_cast<std::size_t>(count));
    ::close(socket);
    if (!answer.starts_with("HTTP/1.1 200")) bench::give_up(target + ": " + answer);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    return took.count();
}

std::vector<std::string> targets() {
    const std::string month = "from=" + (now() - Duration{hours * hour_ms}).text();
    const std::string all = "/api/v1/analytics/";
    const std::string one = "/api/v1/workflows/flow-1/analytics";
    return {all + "overview",
            all + "overview?bucket=hour&" + month,
            one,
            one + "?bucket=hour&" + month,
            one + "/nodes?" + month,
            one + "/nodes/node-1?bucket=hour&" + month,
            one + "/heatmap?timezone=Europe/Berlin",
            one + "/heatmap?slots=hour&" + month,
            one + "/timeline",
            one + "/timeline?limit=200&" + month,
            one + "/timeline?status=failed&" + month,
            one + "/timeline?status=canceled&" + month,
            all + "top-errors?" + month,
            all + "usage?" + month,
            all + "stuck",
            all + "long-running",
            all + "long-running?over_minutes=40000",
            all + "recent-failures",
            all + "recent-failures?limit=200&hours=720&workflow_id=flow-1"};
}

void measure(const std::string& url) {
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    std::printf("%8s %8s %8s  (ms)\n", "first", "median", "longest");
    for (const std::string& target : targets()) {
        std::vector<double> took;
        for (std::size_t round = 0; round < rounds; ++round)
            took.push_back(ask(port, target));
        const double first = took.front();
        std::ranges::sort(took);
        std::printf("%8.2f %8.2f %8.2f  %s\n", first, took[rounds / 2], took.back(),
                    target.c_str());
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bench::TempFolder folder;
    const std::uint64_t executions = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    {
        const auto store = must(store::open_store({.folder = folder.path()}));
        Filling{*store, executions}.run();
    }
    const auto registry = std::make_shared<nodes::Registry>();
    require(nodes::register_standard(*registry));
    runtime::RuntimeOptions options;
    options.store = must(store::open_store({.folder = folder.path()}));
    options.nodes = registry;
    options.secrets.key_file = folder.path() / "key";
    const auto runtime = must(runtime::Runtime::start(std::move(options)));
    const auto log = runtime::make_silent_log();
    server::ServerOptions server_options;
    server_options.listen = "127.0.0.1:0";
    const auto server = must(server::Server::start({*runtime, *registry, *log, "bench"},
                                                   std::move(server_options), {}, {}));
    measure(server->url());
    return 0;
}
