// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "body.hpp"
#include "listing.hpp"
#include "on_call.hpp"
#include "served/served_commands.hpp"
#include "served/webhooks.hpp"
#include "terminal/table.hpp"
#include "terminal/wording.hpp"

// `millrace analytics`: what became of executions, in numbers.

namespace millrace::cli {
namespace {

using core::Value;

constexpr std::size_t label_width = 10;
constexpr std::size_t errors_shown = 5;

struct AnalyticsOptions {
    std::string workflow;
    std::string node;
    std::string from;
    std::string to;
    bool nodes = false;
};

std::int64_t count_at(const Value& body, std::string_view name) {
    return number_at(body, name).value_or(0);
}

std::string ms_at(const Value& duration, std::string_view name) {
    const auto ms = share_at(duration, name);
    return ms ? duration_words({static_cast<std::int64_t>(*ms)}) : std::string{};
}

class Report {
public:
    explicit Report(const Console& console) : console_{console} {}

    void head(const Value& body, const std::string& subject) {
        console_.out << rendered({{Tone::strong, subject},
                                  {Tone::dim, "  " + date_at(console_, body, "from") + " to " +
                                                  date_at(console_, body, "to")}},
                                 console_.paints_out())
                     << "\n";
    }

    void counts(const Value& body) {
        std::string words;
        for (const char* const name :
             {"started", "completed", "failed", "canceled", "skipped", "retries"}) {
            if (member_at(body, name) == nullptr) continue;
            words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count_at(body, name), name);
        }
        fact("runs", words);
        fact("success", percent_text(share_at(body, "success_rate")));
        if (const Value* const took = member_at(body, "duration_ms"))
            fact("took",
                 fmt::format("{} on average, p50 {}, p95 {}, p99 {}, at most {}",
                             ms_at(*took, "average"), ms_at(*took, "p50"), ms_at(*took, "p95"),
                             ms_at(*took, "p99"), ms_at(*took, "max")));
        fact("errors", errors(body, errors_shown));
    }

    void gaps(const Value& body) {
        for (const Value& gap : array_at(body, "gaps")) {
            const std::string from = date_at(console_, gap, "from");
            console_.warn("not all was counted " + (from.empty() ? "" : "from " + from + " ") +
                          "until " + date_at(console_, gap, "to"));
        }
    }

    /// Nodes or workflows, a line each.
    void table(std::span<const Value> items, std::string_view name, const char* title) {
        if (items.empty()) return;
        Table table{
            {title, "RUNS", "FAILED", "SUCCESS", "RETRIES", "AVERAGE", "P50", "P95", "TOP ERROR"}};
        const Value none = Value::object({});
        for (const Value& item : items) {
            const Value* const known = member_at(item, "duration_ms");
            const Value& took = known == nullptr ? none : *known;
            const std::int64_t failed = count_at(item, "failed");
            const std::int64_t runs =
                count_at(item, "completed") + failed + count_at(item, "canceled");
            table.add({{Tone::strong, one_line(text_at(item, name))},
                       {Tone::plain, std::to_string(runs)},
                       {failed > 0 ? Tone::bad : Tone::plain, std::to_string(failed)},
                       {Tone::plain, percent_text(share_at(item, "success_rate"))},
                       {Tone::plain, std::to_string(count_at(item, "retries"))},
                       {Tone::plain, ms_at(took, "average")},
                       {Tone::plain, ms_at(took, "p50")},
                       {Tone::plain, ms_at(took, "p95")},
                       {Tone::dim, errors(item, 1)}});
        }
        console_.out << "\n"
                     << table.text(std::numeric_limits<std::size_t>::max(), console_.paints_out());
    }

    void end() { console_.out << std::flush; }

private:
    void fact(std::string_view label, const std::string& text) {
        if (text.empty()) return;
        console_.out << rendered({{Tone::dim, padded(label, label_width)}, {Tone::plain, text}},
                                 console_.paints_out())
                     << "\n";
    }

    static std::string errors(const Value& body, std::size_t most) {
        std::string words;
        std::size_t shown = 0;
        for (const Value& error : array_at(body, "errors")) {
            if (shown++ == most) break;
            words += fmt::format("{}{} {} ({})", words.empty() ? "" : ", ",
                                 one_line(text_at(error, "code")), count_at(error, "count"),
                                 percent_text(share_at(error, "share")));
        }
        return words;
    }

    const Console& console_;
};

core::Result<Exit> of_all(const Context& context, const ApiClient& client, const Query& window) {
    const auto body = client.get(api_path({"analytics", "overview"}), window);
    if (!body) return std::unexpected(body.error());
    if (context.global.json) {
        print_json(context, *body);
        return Exit::done;
    }
    Report report{context.console};
    report.head(*body, "all workflows");
    report.counts(*body);
    report.table(array_at(*body, "workflows"), "workflow_id", "WORKFLOW");
    report.gaps(*body);
    report.end();
    return Exit::done;
}

core::Result<Exit> of_workflow(const Context& context, const ApiClient& client,
                               const AnalyticsOptions& options, const Query& window) {
    const std::string base = api_path({"workflows", options.workflow, "analytics"});
    const std::string nodes = base + "/nodes";
    const bool of_node = !options.node.empty();
    if (context.global.json) {
        const auto body = client.get(of_node         ? nodes + path_segment(options.node)
                                     : options.nodes ? nodes
                                                     : base,
                                     window);
        if (!body) return std::unexpected(body.error());
        print_json(context, *body);
        return Exit::done;
    }
    const auto body = client.get(of_node ? nodes + path_segment(options.node) : base, window);
    if (!body) return std::unexpected(body.error());
    Report report{context.console};
    report.head(*body, one_line(options.workflow + (of_node ? " " + options.node : "")));
    report.counts(*body);
    if (!of_node) {
        const auto list = client.get(nodes, window);
        if (!list) return std::unexpected(list.error());
        report.table(items_of(*list), "node_id", "NODE");
    }
    report.gaps(*body);
    report.end();
    return Exit::done;
}

core::Result<Exit> analytics(const Context& context, const AnalyticsOptions& options) {
    const auto client = server_needed(context, Access::reads, "analytics");
    if (!client) return std::unexpected(client.error());
    const Query window = given({{"from", options.from}, {"to", options.to}});
    if (options.workflow.empty()) return of_all(context, *client, window);
    return of_workflow(context, *client, options, window);
}

}  // namespace

void add_analytics(CLI::App& program, Action& chosen) {
    CLI::App* const command =
        program.add_subcommand("analytics", "How executions went, in numbers");
    const auto options = std::make_shared<AnalyticsOptions>();
    command->add_option("WORKFLOW", options->workflow, "Of this workflow; else of all");
    command->add_option("NODE", options->node, "Of this node of it");
    command->add_option("--from", options->from, "From this time on; else the last day")
        ->type_name("TIME");
    command->add_option("--to", options->to, "Before this time; else until now")->type_name("TIME");
    command->add_flag("--nodes", options->nodes, "With --json: the body of its nodes");
    command->footer(
        "Counts, success rate, durations and the most frequent errors, of the workflow and of "
        "each\n"
        "of its nodes. Times are RFC 3339.\n"
        "Example: millrace analytics onboarding --from 2026-01-01T00:00:00Z");
    on_call(*command, chosen, options, analytics);
}

}  // namespace millrace::cli
