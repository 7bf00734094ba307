// SPDX-License-Identifier: Apache-2.0
#include "tracing/otlp_exporter.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "millrace/server/server.hpp"
#include "tracing/span_queue.hpp"

namespace millrace::server {
namespace {

constexpr std::string_view traces_path = "/v1/traces";
/// What waits when the server ends has this long to go.
constexpr std::chrono::milliseconds farewell{1'000};
constexpr std::size_t answer_bytes_max = 64u << 10;

std::chrono::steady_clock::time_point now() {
    return std::chrono::steady_clock::now();
}
core::Duration ticks(std::chrono::steady_clock::time_point time) {
    return {std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count()};
}

SpanQueue::Limits limits_of(const TracingOptions& options) {
    SpanQueue::Limits limits;
    limits.waiting_max = options.spans_waiting_max;
    limits.batch_max = options.batch_max;
    limits.batch_after = options.batch_after;
    return limits;
}

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Answered {
    SpanQueue::Outcome outcome = SpanQueue::Outcome::later;
    std::optional<core::Duration> after;
    std::string error;  ///< empty: none
    OtlpRefusal refusal;
};

/// A connection to the receiver. Used from one thread.
class Receiver {
public:
    Receiver(const TracingOptions& options, std::string url)
        : url_{std::move(url)}, easy_{curl_easy_init()} {
        add_header("Content-Type: application/json");
        // Else larger requests wait for a "100 Continue" that few receivers send.
        add_header("Expect:");
        for (const auto& [name, value] : options.headers)
            add_header(name + ": " + value);
        if (easy_) prepare(options);
    }

    /// `gives_up` may be asked at any time.
    Answered send(const std::string& body, const std::function<bool()>& gives_up) {
        Answered answered;
        if (!easy_) {
            answered.error = "libcurl gives no handle";
            return answered;
        }
        CURL* const easy = easy_.get();
        answer_.clear();
        detail_[0] = '\0';
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(easy, CURLOPT_XFERINFODATA, static_cast<const void*>(&gives_up));
        const CURLcode code = curl_easy_perform(easy);
        if (code != CURLE_OK) {
            answered.error = detail_[0] != '\0' ? detail_ : curl_easy_strerror(code);
            return answered;
        }
        read_status(answered);
        return answered;
    }

private:
    void add_header(const std::string& line) {
        curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer != nullptr && !headers_) headers_.reset(longer);
    }

    void prepare(const TracingOptions& options) {
        CURL* const easy = easy_.get();
        curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        // A receiver beside this program is not behind the proxy of the environment.
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
        curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "Millrace");
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.ms));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Receiver::on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
        curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Receiver::on_progress);
    }

    void read_status(Answered& answered) {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        if (status / 100 == 2) {
            answered.outcome = SpanQueue::Outcome::taken;
            answered.refusal = read_otlp_answer(answer_);
            return;
        }
        answered.error = "it answered with status " + std::to_string(status);
        const bool is_busy = status == 429 || status == 502 || status == 503 || status == 504;
        if (!is_busy) answered.outcome = SpanQueue::Outcome::refused;
        curl_off_t seconds = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
        constexpr std::int64_t day_s = 86'400;
        if (seconds > 0)
            answered.after = core::Duration{std::min<std::int64_t>(seconds, day_s) * 1'000};
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept {
        std::string& answer = static_cast<Receiver*>(self)->answer_;
        const std::size_t bytes = size * count;
        const std::size_t room = answer_bytes_max - std::min(answer.size(), answer_bytes_max);
        answer.append(data, std::min(bytes, room));
        return bytes;
    }
    static int on_progress(void* gives_up, curl_off_t, curl_off_t, curl_off_t,
                           curl_off_t) noexcept {
        return (*static_cast<const std::function<bool()>*>(gives_up))() ? 1 : 0;
    }

    const std::string url_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::string answer_;
    char detail_[CURL_ERROR_SIZE] = {};
    std::unique_ptr<CURL, FreeEasy> easy_;  // last: it refers to all of the above
};

}  // namespace

core::Result<std::string> traces_url(const std::string& endpoint) {
    const std::size_t scheme = endpoint.find("://");
    const std::string_view name = std::string_view{endpoint}.substr(0, scheme);
    const bool is_url = scheme != std::string::npos && (name == "http" || name == "https") &&
                        endpoint.size() > scheme + 3 && endpoint[scheme + 3] != '/' &&
                        endpoint.find_first_of(" \t\r\n") == std::string::npos;
    if (!is_url) {
        return core::fail(ServerErrc::bad_option, "'" + endpoint +
                                                      "' is no endpoint for traces; one is "
                                                      "http://localhost:4318");
    }
    std::string url = endpoint;
    while (url.ends_with('/'))
        url.pop_back();
    // As the OpenTelemetry SDKs do: the setting names the receiver, which has a path for traces.
    if (!url.ends_with(traces_path)) url += traces_path;
    return url;
}

class OtlpExporter::Sender {
public:
    Sender(const TracingOptions& options, const std::string& url, std::string version,
           MetricRegistry& registry, runtime::Log& log)
        : source_{options.service_name, std::move(version)},
          log_{log},
          exported_{registry
                        .counters({"millrace_spans_exported_total",
                                   "Spans that the receiver of traces has taken."})
                        .only()},
          dropped_{registry.counters({"millrace_spans_dropped_total",
                                      "Spans that the receiver of traces has not got.",
                                      {"reason"}})},
          waiting_{
              registry.gauges({"millrace_spans_waiting", "Spans that wait to be sent."}).only()},
          receiver_{options, url},
          queue_{limits_of(options)},
          thread_{[this] { run(); }} {}

    ~Sender() {
        {
            const std::scoped_lock lock{mutex_};
            ends_at_ = now() + farewell;
            is_ending_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    void add(Span span) {
        bool is_worth_waking = false;
        {
            const std::scoped_lock lock{mutex_};
            if (!queue_.add(std::move(span), ticks(now())))
                return dropped_.at({"queue_full"}).add();
            is_worth_waking = sleeps_;
        }
        if (is_worth_waking) wake_.notify_one();
    }

private:
    void run() {
        // Signals are for the threads that expect them.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        std::unique_lock lock{mutex_};
        while (true) {
            auto step = queue_.next(ticks(now()), is_ending_);
            waiting_.set(static_cast<double>(queue_.size()));
            if (auto* const send = std::get_if<SpanQueue::Send>(&step)) {
                if (!deliver(lock, std::move(send->spans)) && is_ending_) return drop_rest();
            } else {
                if (is_ending_) return;
                sleep(lock, std::get<SpanQueue::Wait>(step).until);
            }
        }
    }

    void sleep(std::unique_lock<std::mutex>& lock, std::optional<core::Duration> until) {
        // While a time is awaited, what is added changes nothing, unless the batch is full by then.
        sleeps_ = !until;
        if (until) {
            const auto pause = std::min(*until - ticks(now()), core::Duration{1'000});
            wake_.wait_for(lock, std::chrono::milliseconds{std::max<std::int64_t>(pause.ms, 1)},
                           [this] { return is_ending_.load(); });
        } else {
            wake_.wait(lock, [this] { return is_ending_.load() || !queue_.is_empty(); });
        }
        sleeps_ = false;
    }

    /// Whether they were taken.
    bool deliver(std::unique_lock<std::mutex>& lock, std::vector<Span> spans) {
        lock.unlock();
        const Answered answered = receiver_.send(otlp_request(spans, source_), [this] {
            return is_ending_.load() && now() >= ends_at_.load();
        });
        const std::size_t count = spans.size();
        lock.lock();
        const std::size_t dropped =
            queue_.answered(std::move(spans), answered.outcome, ticks(now()), answered.after);
        const bool is_taken = answered.outcome == SpanQueue::Outcome::taken;
        lock.unlock();
        tell(answered, count, dropped);
        lock.lock();
        return is_taken;
    }

    void tell(const Answered& answered, std::size_t count, std::size_t dropped) {
        const bool is_refused = answered.outcome == SpanQueue::Outcome::refused;
        if (dropped > 0)
            dropped_.at({is_refused ? "refused" : "unreachable"}).add(static_cast<double>(dropped));
        if (answered.outcome == SpanQueue::Outcome::taken) {
            const auto rejected = static_cast<std::size_t>(
                std::clamp<std::int64_t>(answered.refusal.spans, 0, static_cast<int>(count)));
            exported_.add(static_cast<double>(count - rejected));
            if (rejected > 0) dropped_.at({"refused"}).add(static_cast<double>(rejected));
        }
        const std::string& error =
            answered.error.empty() ? answered.refusal.message : answered.error;
        // Once when it begins, and once when it is over.
        if (error.empty() == !fails_) return;
        fails_ = !error.empty();
        if (fails_) {
            log_.write(runtime::LogLevel::warning, "traces cannot be handed over",
                       {{"error", error}});
        } else {
            log_.write(runtime::LogLevel::info, "traces are handed over again");
        }
    }

    void drop_rest() {
        if (queue_.size() > 0) dropped_.at({"unreachable"}).add(static_cast<double>(queue_.size()));
    }

    const SpanSource source_;
    runtime::Log& log_;
    Counter& exported_;
    MetricFamily<Counter>& dropped_;
    Gauge& waiting_;
    Receiver receiver_;   // of the thread
    bool fails_ = false;  // of the thread
    std::mutex mutex_;    // guards the next two
    SpanQueue queue_;
    bool sleeps_ = false;  // with nothing to send
    std::atomic<bool> is_ending_ = false;
    std::atomic<std::chrono::steady_clock::time_point> ends_at_{};
    std::condition_variable wake_;
    std::thread thread_;  // last: it uses all of the above
};

OtlpExporter::OtlpExporter(std::unique_ptr<Sender> sender) : sender_{std::move(sender)} {}
OtlpExporter::~OtlpExporter() = default;

core::Result<std::unique_ptr<OtlpExporter>> OtlpExporter::start(const TracingOptions& options,
                                                                std::string version,
                                                                MetricRegistry& registry,
                                                                runtime::Log& log) {
    auto url = traces_url(options.endpoint);
    if (!url) return std::unexpected{std::move(url.error())};
    for (const auto& [name, value] : options.headers) {
        const auto is_broken = [](const std::string& text) {
            return text.find_first_of("\r\n") != std::string::npos;
        };
        if (name.empty() || is_broken(name) || is_broken(value))
            return core::fail(ServerErrc::bad_option,
                              "a header for the receiver of traces is none: " + name);
    }
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    return std::unique_ptr<OtlpExporter>{new OtlpExporter{
        std::make_unique<Sender>(options, *url, std::move(version), registry, log)}};
}

void OtlpExporter::add(Span span) {
    sender_->add(std::move(span));
}

}  // namespace millrace::server
