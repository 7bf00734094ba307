// SPDX-License-Identifier: Apache-2.0
#include "serve/serve.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

#include "configuration/read_configuration.hpp"
#include "configuration/setting_values.hpp"
#include "data_folder.hpp"
#include "documents/document_file.hpp"
#include "on_call.hpp"
#include "run/wakeups.hpp"
#include "serve/service.hpp"
#include "terminal/wording.hpp"

namespace millrace::cli {
namespace {

using runtime::LogFormat;
using runtime::LogLevel;

LogFormat format_of(const Console& console, const std::string& wanted) {
    if (wanted == "json") return LogFormat::json;
    if (console.err_is_terminal && console.color) return LogFormat::terminal;
    // A terminal that cannot paint is a terminal all the same.
    const bool has_reader = console.err_is_terminal || ::isatty(STDERR_FILENO) == 1;
    return wanted == "text" || has_reader ? LogFormat::text : LogFormat::json;
}

LogLevel level_of(const Configuration& configuration) {
    return runtime::log_level_of(configuration.log_level).value_or(LogLevel::info);
}

ConfigurationRead configuration_of(const Context& context, const ConfigurationFlags& flags) {
    return read_configuration(context.console, flags, chosen_folder(context).folder);
}

/// What goes on between the ready line and the end.
class Serving {
public:
    Serving(const Context& context, const ConfigurationFlags& flags, Configuration configuration,
            const SignalInbox& signals, std::shared_ptr<runtime::LevelLog> log)
        : context_{context},
          flags_{flags},
          configuration_{std::move(configuration)},
          signals_{signals},
          log_{std::move(log)},
          has_terminal_{::isatty(STDIN_FILENO) == 1},
          since_{context.console.now()} {}

    Exit run(Service& service);

private:
    static constexpr core::Duration look_around{3'600'000};

    Exit drain(Service& service);
    void reload(Service& service);
    void log_end() const;
    /// The terminal that the server was started at is gone, which SIGHUP says as well.
    bool has_hung_up() const { return has_terminal_ && ::isatty(STDIN_FILENO) == 0; }

    const Context& context_;
    const ConfigurationFlags& flags_;
    Configuration configuration_;
    const SignalInbox& signals_;
    const std::shared_ptr<runtime::LevelLog> log_;
    const bool has_terminal_;
    const core::Time since_;
    const Bell bell_;
};

Exit Serving::run(Service& service) {
    while (true) {
        const auto request = signals_.wait(bell_, look_around);
        if (!request) continue;
        if (*request == Request::hang_up && !has_hung_up()) {
            reload(service);
            continue;
        }
        log_->write(LogLevel::info, "stopping; once more ends it at once",
                    {{"signal", *request == Request::interrupt   ? "SIGINT"
                                : *request == Request::terminate ? "SIGTERM"
                                                                 : "SIGHUP"}});
        return drain(service);
    }
}

Exit Serving::drain(Service& service) {
    std::atomic<bool> has_stopped = false;
    std::thread stopping{[&] {
        service.stop(configuration_.drain_timeout);
        has_stopped = true;
        bell_.ring();
    }};
    while (true) {
        const auto request = signals_.wait(bell_, look_around);
        if (!request && has_stopped) break;
        if (!request || *request == Request::hang_up) continue;
        // What is committed is safe whatever is cut off here.
        service.abandon();
        context_.console.out.flush();
        std::_Exit(static_cast<int>(*request == Request::interrupt ? Exit::interrupted
                                                                   : Exit::terminated));
    }
    stopping.join();
    log_end();
    return Exit::done;
}

/// With what the whole process has used.
void Serving::log_end() const {
    struct ::rusage used {};
    ::getrusage(RUSAGE_SELF, &used);
    const auto ms = [](const ::timeval& time) {
        return time.tv_sec * 1'000 + time.tv_usec / 1'000;
    };
    const std::int64_t cpu = ms(used.ru_utime) + ms(used.ru_stime);
    const std::int64_t uptime = (context_.console.now() - since_).ms;
    log_->write(LogLevel::info, "stopped",
                {{"uptime_ms", std::to_string(uptime), true},
                 {"cpu_ms", std::to_string(cpu), true},
                 {"memory_peak_kib", std::to_string(used.ru_maxrss), true}});
}

void Serving::reload(Service& service) {
    const ConfigurationRead read = configuration_of(context_, flags_);
    for (const std::string& problem : read.problems)
        log_->write(LogLevel::error, "the configuration is wrong; the server goes on as before",
                    {{"problem", problem}});
    for (const std::string& warning : read.warnings)
        log_->write(LogLevel::warning, warning);
    if (!read.problems.empty()) return;
    const ConfigurationChange change = change_between(configuration_, read.configuration);
    for (const Setting* const setting : change.need_restart)
        log_->write(LogLevel::warning, "a changed setting waits for a restart",
                    {{"setting", std::string{setting->key}},
                     {"value", setting_text(*setting, setting->load(read.configuration))},
                     {"until_then", setting_text(*setting, setting->load(configuration_))}});
    // Also when nothing has changed: the files of workflows are read anew.
    if (const auto done = service.reconfigure(change.configuration); !done) {
        log_->write(
            LogLevel::error, "the configuration cannot be used; the server goes on as before",
            {{"code", std::string{done.error().code()}}, {"error", done.error().message()}});
        return;
    }
    configuration_ = change.configuration;
    log_->set_level(level_of(configuration_));
    for (const Setting* const setting : change.changed)
        log_->write(LogLevel::info, "a setting has changed",
                    {{"setting", std::string{setting->key}},
                     {"value", setting_text(*setting, setting->load(configuration_))}});
    log_->write(LogLevel::info, "the configuration was read again",
                {{"changed", std::to_string(change.changed.size()), true}});
}

/// On standard output; in a log that is kept, too.
void say_ready(const Context& context, const Service& service, std::size_t workflows,
               runtime::Log* log) {
    const std::string place = place_of(chosen_store(context, store::OpenMode::own));
    const Line line{{Tone::good, "Millrace is ready: "},
                    {Tone::strong, service.url()},
                    {Tone::plain, fmt::format(" (data: {}, {}, Ctrl-C stops)", one_line(place),
                                              counted(workflows, "workflow"))}};
    if (log != nullptr)
        log->write(LogLevel::info, "ready",
                   {{"url", service.url()},
                    {"data", place},
                    {"workflows", std::to_string(workflows), true},
                    {"version", MILLRACE_VERSION}});
    context.console.out << rendered(line, context.console.paints_out()) << "\n" << std::flush;
}

core::Result<Exit> serve(const Context& context, const ConfigurationFlags& flags) {
    if (!context.global.server.empty())
        return core::fail(FileErrc::bad_argument, "serve is a server itself; leave --server out");
    const ConfigurationRead read = configuration_of(context, flags);
    for (const std::string& problem : read.problems)
        context.console.complain(problem);
    if (!read.problems.empty()) return Exit::wrong_use;
    const Configuration& configuration = read.configuration;
    const LogFormat format = format_of(context.console, configuration.log_format);
    const auto log = runtime::make_log(format, level_of(configuration));
    for (const std::string& warning : read.warnings)
        log->write(LogLevel::warning, warning);
    // Before any thread, so that all inherit its mask.
    const SignalInbox signals;
    auto service = Service::start(context, configuration, log);
    if (!service && service.error().is(server::ServerErrc::bad_option)) {
        context.console.complain(service.error().message());
        return Exit::wrong_use;
    }
    if (!service) return std::unexpected(service.error());
    const auto workflows = (*service)->workflow_count();
    if (!workflows) return std::unexpected(workflows.error());
    if (const auto& file = (*service)->token_file(); !file.empty())
        log->write(LogLevel::info, "calls need the token", {{"token_file", file.string()}});
    say_ready(context, **service, *workflows, format == LogFormat::json ? log.get() : nullptr);
    return Serving{context, flags, configuration, signals, log}.run(**service);
}

}  // namespace

void add_serve(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("serve", "Run workflows as a service: API, live events, engine");
    const auto flags = std::make_shared<ConfigurationFlags>();
    flags->add_to(*command);
    command->footer(
        "Ends its start with a line on standard output that has the address. Ctrl-C and SIGTERM\n"
        "answer what is under way and stop, SIGHUP reads the configuration again. Logs go to\n"
        "standard error. All settings: millrace config show; docs/configuration.md.\n"
        "Example: millrace serve --workflows flows --watch");
    on_call(*command, chosen, flags, serve);
}

}  // namespace millrace::cli
