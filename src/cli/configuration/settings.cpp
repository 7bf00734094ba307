// SPDX-License-Identifier: Apache-2.0
#include "configuration/settings.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <filesystem>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace::cli {
namespace {

// ---- From parts of a Configuration to values and back ---------------------------------------

core::Value to_value(const std::string& text) {
    return core::Value{text};
}
core::Value to_value(const std::filesystem::path& path) {
    return core::Value{path.string()};
}
core::Value to_value(core::Duration duration) {
    return core::Value{duration.ms};
}
core::Value to_value(const std::vector<std::string>& texts) {
    return core::Value::array({texts.begin(), texts.end()});
}
core::Value to_value(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<core::Value> texts;
    for (const auto& [name, value] : pairs)
        texts.emplace_back(name + "=" + value);
    return core::Value::array(std::move(texts));
}
template <std::integral T>
core::Value to_value(T number) {
    if constexpr (std::same_as<T, bool>) {
        return core::Value{number};
    } else {
        return core::Value{static_cast<std::int64_t>(number)};
    }
}

template <class T>
void from_value(T& part, const core::Value& value) {
    if constexpr (std::same_as<T, bool>) {
        part = value.as_bool();
    } else if constexpr (std::integral<T>) {
        part = static_cast<T>(value.as_integer());
    } else if constexpr (std::same_as<T, core::Duration>) {
        part = {value.as_integer()};
    } else if constexpr (std::same_as<T, std::vector<std::string>>) {
        part.clear();
        for (const core::Value& element : value.as_array())
            part.emplace_back(element.as_string());
    } else if constexpr (std::same_as<T, std::vector<std::pair<std::string, std::string>>>) {
        part.clear();
        for (const core::Value& element : value.as_array()) {
            const std::string_view text = element.as_string();
            const std::size_t end = text.find('=');
            part.emplace_back(text.substr(0, end), text.substr(end + 1));
        }
    } else {
        part = value.as_string();
    }
}

template <auto First, auto... Rest>
auto& part_of(auto& whole) {
    if constexpr (sizeof...(Rest) == 0) {
        return whole.*First;
    } else {
        return part_of<Rest...>(whole.*First);
    }
}

/// How the table reaches a part of a Configuration, by the members that lead to it.
template <auto... Path>
core::Value load(const Configuration& configuration) {
    return to_value(part_of<Path...>(configuration));
}
template <auto... Path>
void store(Configuration& configuration, const core::Value& value) {
    from_value(part_of<Path...>(configuration), value);
}

using C = Configuration;
using S = server::ServerOptions;
using H = server::HttpLimits;
using W = server::FileWorkflowOptions;
using R = server::RetentionOptions;
using L = runtime::RuntimeLimits;
using M = server::MetricsOptions;
using T = server::TracingOptions;
using K = runtime::CacheOptions;
using E = runtime::HttpOptions;
using Kind = SettingKind;

constexpr bool live = true;
constexpr bool at_restart = false;
constexpr std::int64_t kib = 1 << 10;
constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t gib = 1 << 30;
constexpr std::int64_t second = 1'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr std::int64_t year = 365 * 24 * hour;

// A row names the members twice, which a macro says once.
#define MR_PART(...) load<__VA_ARGS__>, store<__VA_ARGS__>
#define MR_LIMIT(member) MR_PART(&C::server, &S::limits, &H::member)

// clang-format off
constexpr std::array table{
    Setting{"server.listen", "--listen", "MILLRACE_LISTEN", Kind::text,
            MR_PART(&C::server, &S::listen), at_restart, "HOST:PORT",
            "Where to listen; port 0 takes a free one. An address beyond loopback implies "
            "`auth: token`"},
    Setting{"server.public_url", "--public-url", "MILLRACE_PUBLIC_URL", Kind::text,
            MR_PART(&C::server, &S::public_url), at_restart, "URL",
            "Where people reach the server, such as through a proxy, with the path below which it "
            "is if there is one; links begin with it, and its host is allowed"},
    Setting{"server.allowed_hosts", "--allowed-host", "MILLRACE_ALLOWED_HOSTS", Kind::texts,
            MR_PART(&C::server, &S::allowed_hosts), live, "HOST",
            "Names that requests may call the server by, beside loopback and the public URL's"},
    Setting{"server.trusted_proxies", "--trusted-proxy", "MILLRACE_TRUSTED_PROXIES", Kind::texts,
            MR_PART(&C::server, &S::trusted_proxies), live, "ADDRESS",
            "Addresses and ranges such as 10.0.0.0/8 of proxies that are believed when they say "
            "who has called them, in `X-Forwarded-For` and `X-Forwarded-Proto`"},
    Setting{"server.auth", "--auth", "MILLRACE_AUTH", Kind::choice,
            MR_PART(&C::auth), at_restart, "auto|none|token",
            "Who may call: `none` is everybody on this machine, `token` whoever shows the token; "
            "`auto` is `none` on loopback, else `token`"},
    Setting{"server.token_file", "", "MILLRACE_TOKEN_FILE", Kind::path,
            MR_PART(&C::token_file), at_restart, "FILE",
            "Holds the token, mode 0600; empty: `token` in the data folder, made at the first "
            "start"},
    Setting{"server.drain_timeout", "--drain-timeout", "MILLRACE_DRAIN_TIMEOUT", Kind::duration,
            MR_PART(&C::drain_timeout), live, "DURATION",
            "How long requests under way may take to end when the server stops", 0, 24 * hour},
    Setting{"server.work_threads", "", "MILLRACE_WORK_THREADS", Kind::count,
            MR_PART(&C::server, &S::work_threads), at_restart, "",
            "Threads for requests that read the store or compile", 1, 256},

    Setting{"workflows.folder", "--workflows", "MILLRACE_WORKFLOWS", Kind::path,
            MR_PART(&C::workflows, &W::folder), live, "DIR",
            "Every `*.workflow.yaml`, `.yml` and `.json` in it is a workflow of the server"},
    Setting{"workflows.watch", "--watch", "MILLRACE_WATCH", Kind::boolean,
            MR_PART(&C::workflows, &W::watch), live, "",
            "Follow changes of these files; else they are read at the start and on SIGHUP"},
    Setting{"workflows.activate", "", "MILLRACE_WORKFLOWS_ACTIVATE", Kind::boolean,
            MR_PART(&C::workflows, &W::activate), live, "",
            "Activate the workflows of these files"},

    Setting{"http.connections_max", "", "MILLRACE_HTTP_CONNECTIONS_MAX", Kind::count,
            MR_LIMIT(connections_max), live, "", "Connections at a time", 1, 1'000'000},
    Setting{"http.target_max", "", "MILLRACE_HTTP_TARGET_MAX", Kind::size,
            MR_LIMIT(target_bytes_max), live, "", "Path and query of a request; longer is 414",
            64, 64 * kib},
    Setting{"http.header_max", "", "MILLRACE_HTTP_HEADER_MAX", Kind::size,
            MR_LIMIT(header_bytes_max), live, "", "All header fields of a request; more is 431",
            kib, mib},
    Setting{"http.body_max", "", "MILLRACE_HTTP_BODY_MAX", Kind::size,
            MR_LIMIT(body_bytes_max), live, "", "Body of a request; more is 413", kib, gib},
    Setting{"http.pipelined_max", "", "MILLRACE_HTTP_PIPELINED_MAX", Kind::count,
            MR_LIMIT(pipelined_max), live, "", "Requests that one connection has waiting",
            1, 10'000},
    Setting{"http.header_timeout", "", "MILLRACE_HTTP_HEADER_TIMEOUT", Kind::duration,
            MR_LIMIT(header_timeout), live, "",
            "From the first byte of a request's header to its last", 100, hour},
    Setting{"http.body_timeout", "", "MILLRACE_HTTP_BODY_TIMEOUT", Kind::duration,
            MR_LIMIT(body_timeout), live, "", "Between two parts of a body", 100, hour},
    Setting{"http.idle_timeout", "", "MILLRACE_HTTP_IDLE_TIMEOUT", Kind::duration,
            MR_LIMIT(idle_timeout), live, "", "Between two requests of a connection", 100,
            24 * hour},
    Setting{"http.write_timeout", "", "MILLRACE_HTTP_WRITE_TIMEOUT", Kind::duration,
            MR_LIMIT(write_timeout), live, "", "A caller that takes nothing for so long is cut",
            100, hour},
    Setting{"http.wait_max", "", "MILLRACE_HTTP_WAIT_MAX", Kind::duration,
            MR_LIMIT(wait_max), at_restart, "", "The longest `?wait` of a call", second, hour},
    Setting{"http.heartbeat", "", "MILLRACE_HTTP_HEARTBEAT", Kind::duration,
            MR_LIMIT(heartbeat), live, "", "How often quiet live streams show that they live",
            100, hour},
    Setting{"http.gzip_min", "", "MILLRACE_HTTP_GZIP_MIN", Kind::size,
            MR_LIMIT(gzip_bytes_min), live, "", "Smaller answers are not compressed", 0, gib},
    Setting{"http.stream_buffer", "", "MILLRACE_HTTP_STREAM_BUFFER", Kind::size,
            MR_LIMIT(stream_buffer_bytes), at_restart, "",
            "What waits for one slow reader of events, before it is told that it lags", kib,
            64 * mib},

    Setting{"engine.pool_threads", "", "MILLRACE_POOL_THREADS", Kind::count,
            MR_PART(&C::pool_threads), at_restart, "",
            "Threads that compute for nodes; 0: as many as processors, at least 2", 0, 1'024},
    Setting{"engine.effects_max", "", "MILLRACE_EFFECTS_MAX", Kind::count,
            MR_PART(&C::limits, &L::effects_in_flight_max), at_restart, "",
            "Effects of nodes that are performed at a time; further ones wait", 1, 1'000'000},
    Setting{"engine.transfers_max", "", "MILLRACE_TRANSFERS_MAX", Kind::count,
            MR_PART(&C::egress, &E::transfers_max), at_restart, "",
            "HTTP calls of nodes that are under way at a time", 1, 100'000},
    Setting{"engine.executions_max", "", "MILLRACE_EXECUTIONS_MAX", Kind::count,
            MR_PART(&C::limits, &L::executions_live_max), at_restart, "",
            "Executions in memory; starting more is 503", 1, 100'000'000},
    Setting{"engine.commands_max", "", "MILLRACE_COMMANDS_MAX", Kind::count,
            MR_PART(&C::limits, &L::commands_queued_max), at_restart, "",
            "Starts and commands that wait for the engine; more is 503", 1, 10'000'000},
    Setting{"engine.park_after", "", "MILLRACE_PARK_AFTER", Kind::duration,
            MR_PART(&C::limits, &L::shard, &engine::ShardLimits::park_after), at_restart, "",
            "An execution that only waits for longer than this leaves memory", 0, year},

    Setting{"cache.memory", "", "MILLRACE_CACHE_MEMORY", Kind::size,
            MR_PART(&C::cache, &K::memory_bytes), at_restart, "",
            "Results of nodes with a `cache` that are kept in memory", 0, 64 * gib},
    Setting{"cache.stored", "", "MILLRACE_CACHE_STORED", Kind::size,
            MR_PART(&C::cache, &K::stored_bytes), at_restart, "",
            "Those that are kept in the store", 0, 1'024 * gib},
    Setting{"cache.result_max", "", "MILLRACE_CACHE_RESULT_MAX", Kind::size,
            MR_PART(&C::cache, &K::result_bytes_max), at_restart, "",
            "Larger results are not kept", 0, gib},

    Setting{"retention.age", "", "MILLRACE_RETENTION_AGE", Kind::duration,
            MR_PART(&C::retention, &R::age), live, "",
            "How long finished executions are kept; `0`: for ever", 0, 100 * year},
    Setting{"retention.count", "", "MILLRACE_RETENTION_COUNT", Kind::count,
            MR_PART(&C::retention, &R::count), live, "",
            "How many finished executions are kept, the newest; 0: all"},
    Setting{"retention.interval", "", "MILLRACE_RETENTION_INTERVAL", Kind::duration,
            MR_PART(&C::retention, &R::interval), live, "", "Between two clean-ups", second,
            24 * hour},
    Setting{"retention.idempotency", "", "MILLRACE_RETENTION_IDEMPOTENCY", Kind::duration,
            MR_PART(&C::retention, &R::idempotency), live, "",
            "How long answers to requests with an `Idempotency-Key` are kept", second, year},
    Setting{"archive.folder", "", "MILLRACE_ARCHIVE_FOLDER", Kind::path,
            MR_PART(&C::retention, &R::archive_folder), live, "DIR",
            "Where finished executions are written before retention removes them, as compressed "
            "JSON lines; empty: nowhere"},

    Setting{"metrics.enabled", "", "MILLRACE_METRICS", Kind::boolean,
            MR_PART(&C::server, &S::metrics, &M::enabled), at_restart, "",
            "Whether `/metrics` is there for Prometheus"},
    Setting{"metrics.workflows_max", "", "MILLRACE_METRICS_WORKFLOWS_MAX", Kind::count,
            MR_PART(&C::server, &S::metrics, &M::workflows_max), at_restart, "",
            "How many workflows have metrics of their own; 0: none, all are counted together", 0,
            10'000},
    Setting{"otlp.endpoint", "--otlp-endpoint", "MILLRACE_OTLP_ENDPOINT", Kind::text,
            MR_PART(&C::server, &S::tracing, &T::endpoint), at_restart, "URL",
            "Where traces of executions are sent by OTLP over HTTP, such as "
            "`http://127.0.0.1:4318`; empty: nowhere"},
    Setting{"otlp.headers", "", "MILLRACE_OTLP_HEADERS", Kind::pairs,
            MR_PART(&C::server, &S::tracing, &T::headers), at_restart, "NAME=VALUE",
            "Headers of these requests, such as what proves who sends them; never shown"},
    Setting{"otlp.service_name", "", "MILLRACE_OTLP_SERVICE_NAME", Kind::text,
            MR_PART(&C::server, &S::tracing, &T::service_name), at_restart, "TEXT",
            "The service's name in traces"},
    Setting{"otlp.batch_max", "", "MILLRACE_OTLP_BATCH_MAX", Kind::count,
            MR_PART(&C::server, &S::tracing, &T::batch_max), at_restart, "",
            "Spans in one request", 1, 100'000},
    Setting{"otlp.batch_after", "", "MILLRACE_OTLP_BATCH_AFTER", Kind::duration,
            MR_PART(&C::server, &S::tracing, &T::batch_after), at_restart, "",
            "Fewer are sent after this time", 10, hour},
    Setting{"otlp.spans_waiting_max", "", "MILLRACE_OTLP_SPANS_WAITING_MAX", Kind::count,
            MR_PART(&C::server, &S::tracing, &T::spans_waiting_max), at_restart, "",
            "Spans that wait while they cannot be sent; further ones are dropped, and counted", 1,
            10'000'000},
    Setting{"otlp.timeout", "", "MILLRACE_OTLP_TIMEOUT", Kind::duration,
            MR_PART(&C::server, &S::tracing, &T::timeout), at_restart, "",
            "How long one request may take", 100, hour},

    Setting{"nodes.files", "--allow-files", "MILLRACE_ALLOW_FILES", Kind::paths,
            MR_PART(&C::files), at_restart, "DIR[:ro]",
            "Folders in which nodes may use files, with `:ro` only to read them"},
    Setting{"nodes.commands", "--allow-command", "MILLRACE_ALLOW_COMMANDS", Kind::texts,
            MR_PART(&C::commands), at_restart, "PROGRAM",
            "Programs that `command.run` may start"},
    Setting{"egress.allow", "--egress-allow", "MILLRACE_EGRESS_ALLOW", Kind::texts,
            MR_PART(&C::egress, &E::allow), at_restart, "RULE",
            "Hosts and addresses that nodes may call although they would be closed"},
    Setting{"egress.deny", "--egress-deny", "MILLRACE_EGRESS_DENY", Kind::texts,
            MR_PART(&C::egress, &E::deny), at_restart, "RULE",
            "Hosts and addresses that nodes may not call"},
    Setting{"egress.only_allowed", "--egress-only-allowed", "MILLRACE_EGRESS_ONLY_ALLOWED",
            Kind::boolean, MR_PART(&C::egress, &E::only_allowed), at_restart, "",
            "Nodes may call what `egress.allow` names and nothing else"},
    Setting{"secrets.key_file", "--key-file", "MILLRACE_KEY_FILE", Kind::path,
            MR_PART(&C::key_file), at_restart, "FILE",
            "The key of stored secrets, mode 0600; empty: beside the data, made with the first "
            "secret"},

    Setting{"log.format", "--log-format", "MILLRACE_LOG_FORMAT", Kind::choice,
            MR_PART(&C::log_format), at_restart, "auto|text|json",
            "How log lines look; `auto` is text on a terminal, else JSON"},
    Setting{"log.level", "--log-level", "MILLRACE_LOG_LEVEL", Kind::choice,
            MR_PART(&C::log_level), live, "debug|info|warning|error",
            "The least level that is written"},
};
// clang-format on

#undef MR_LIMIT
#undef MR_PART

struct Section {
    std::string_view name;
    std::string_view title;
};
constexpr std::array<Section, 13> sections{{{"server", "The server"},
                                            {"workflows", "Workflows as files"},
                                            {"http", "Limits of connections"},
                                            {"engine", "How much runs at a time"},
                                            {"cache", "Kept results"},
                                            {"retention", "How long things are kept"},
                                            {"archive", "What is kept of removed executions"},
                                            {"metrics", "Metrics"},
                                            {"otlp", "Traces"},
                                            {"nodes", "What nodes may use of the machine"},
                                            {"egress", "What nodes may call"},
                                            {"secrets", "Secrets"},
                                            {"log", "Logs"}}};

}  // namespace

std::span<const Setting> settings() {
    return table;
}

const Setting* find_setting(std::string_view key) {
    const auto found = std::ranges::find(table, key, &Setting::key);
    return found == table.end() ? nullptr : &*found;
}

std::string_view section_title(std::string_view section) {
    const auto found = std::ranges::find(sections, section, &Section::name);
    return found == sections.end() ? section : found->title;
}

}  // namespace millrace::cli
