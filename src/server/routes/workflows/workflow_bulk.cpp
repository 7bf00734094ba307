// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "millrace/format/document_value.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/apply.hpp"
#include "millrace/server/document_check.hpp"
#include "millrace/server/stored_document.hpp"
#include "routes/workflows/document_body.hpp"
#include "routes/workflows/document_stream.hpp"
#include "routes/workflows/workflow_answers.hpp"
#include "routes/workflows/workflow_routes.hpp"
#include "service/file_workflows.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t documents_max = 10'000;
constexpr std::size_t errors_max = 1'000;
constexpr std::size_t page_size = 500;

/// Reads one document after the other, and collects what is wrong with them.
class Sources {
public:
    explicit Sources(const engine::NodeLibrary& library) : library_{library} {}

    void add(const DocumentPiece& piece) {
        const std::size_t index = count_++;
        CheckedDocument checked = check_document(piece.source, library_);
        if (checked.problems.empty() && checked.document) {
            const auto [place, is_new] = place_of_.emplace(checked.document->id, index);
            if (is_new) return sources_.push_back({{}, std::move(*checked.document)});
            checked.problems.push_back({core::ProblemCode::duplicate_id, "/id",
                                        "document " + std::to_string(place->second) +
                                            " has the id " + place->first + ", too"});
            format::locate(piece.source, checked.problems);
        }
        const format::TreeRead read = format::read_tree(piece.source);
        const core::Value tree = read.value.value_or(core::Value{});
        core::Problems placed = checked.problems;
        place_in_whole(piece, index, placed);
        Problem told = problem_of(placed, {});
        for (std::size_t i = 0; i < told.errors.size() && errors_.size() < errors_max; ++i) {
            told.errors[i].node_id = node_of(tree, checked.problems[i].path);
            errors_.push_back(std::move(told.errors[i]));
        }
    }

    std::expected<std::vector<ApplySource>, Problem> take() && {
        if (errors_.empty()) return std::move(sources_);
        Problem made = problem("invalid", std::to_string(errors_.size()) +
                                              (errors_.size() == 1 ? " problem" : " problems") +
                                              "; nothing was applied");
        made.errors = std::move(errors_);
        return std::unexpected(std::move(made));
    }

private:
    const engine::NodeLibrary& library_;
    std::size_t count_ = 0;
    std::vector<ApplySource> sources_;
    std::map<std::string, std::size_t> place_of_;
    std::vector<ProblemDetail> errors_;
};

/// All documents of the body, or everything that is wrong with them.
std::expected<std::vector<ApplySource>, Problem> given_sources(const Services& services,
                                                               const Request& request) {
    const auto text = document_source(request);
    if (!text) return std::unexpected(text.error());
    const auto pieces = split_documents(*text);
    if (!pieces) return std::unexpected(pieces.error());
    if (pieces->empty() && !flag_in_query(request, "prune"))
        return std::unexpected(problem("invalid", "the body has no document"));
    if (pieces->size() > documents_max) {
        return std::unexpected(problem("too_large", "the body has more than " +
                                                        std::to_string(documents_max) +
                                                        " documents; send them in parts"));
    }
    Sources all{services.registry};
    for (const DocumentPiece& piece : *pieces)
        all.add(piece);
    return std::move(all).take();
}

/// What a file of the server's own folder manages is neither changed nor removed.
std::expected<void, Problem> respect_files(const Services& services,
                                           std::vector<ApplyStep>& steps) {
    std::erase_if(steps, [&](const ApplyStep& step) {
        return step.kind == ApplyStep::Kind::prune && services.files.find(step.id).has_value();
    });
    for (const ApplyStep& step : steps) {
        if (step.kind == ApplyStep::Kind::keep || step.kind == ApplyStep::Kind::activate) continue;
        if (const auto file = services.files.find(step.id)) {
            return std::unexpected(
                problem("managed_by_file", "the workflow " + step.id + " comes from the file " +
                                               file->path + ", change it there"));
        }
    }
    return {};
}

Answer apply_documents(Services& services, const Request& request) {
    const auto sources = given_sources(services, request);
    if (!sources) return std::unexpected(sources.error());
    const bool is_dry_run = flag_in_query(request, "dry_run");
    const std::string* const origin = request.query_value("origin");
    ApplyOptions options;
    options.activate = flag_in_query(request, "activate");
    options.prune = flag_in_query(request, "prune");
    if (origin != nullptr && *origin == "put") options.origin = store::WorkflowOrigin::put;
    auto steps = plan_apply(&services.runtime.store(), *sources, options);
    if (!steps) return std::unexpected(problem_of(steps.error()));
    if (const auto may = respect_files(services, *steps); !may) return std::unexpected(may.error());
    if (!is_dry_run) {
        const auto done = services.runtime.write([&](store::Store& store) {
            return carry_out(store, *steps, options, request.received_at);
        });
        for (const ApplyStep& step : *steps)
            services.catalog.forget(step.id);
        if (!done) return std::unexpected(problem_of(done.error()));
    }
    return json_response(apply_value(*steps, is_dry_run));
}

/// The chosen entries: those that are named, or all that a filter lets through.
std::expected<std::vector<store::WorkflowEntry>, Problem> chosen(const Services& services,
                                                                 const Request& request) {
    std::vector<store::WorkflowEntry> entries;
    for (const auto& [name, value] : request.query) {
        if (name != "id") continue;
        auto entry = find_workflow(services, value);
        if (!entry) return std::unexpected(entry.error());
        entries.push_back(*std::move(entry));
    }
    if (!entries.empty()) return entries;
    const auto text = [&](std::string_view name) {
        const std::string* const given = request.query_value(name);
        return given == nullptr ? std::string{} : *given;
    };
    const store::WorkflowFilter filter{
        text("text"), text("tag"), text("folder"), {}, flag_in_query(request, "active")};
    std::string cursor;
    while (true) {
        auto page = services.runtime.store().library().list(filter, page_size, cursor);
        if (!page) return std::unexpected(problem_of(page.error()));
        std::ranges::move(page->items, std::back_inserter(entries));
        if (!page->next_cursor) return entries;
        cursor = *page->next_cursor;
    }
}

Answer export_documents(const Services& services, const Request& request) {
    const auto syntax = wanted_syntax(request);
    if (!syntax) return std::unexpected(syntax.error());
    const auto entries = chosen(services, request);
    if (!entries) return std::unexpected(entries.error());
    const bool is_yaml = *syntax == format::Syntax::yaml;
    std::string yaml;
    std::vector<core::Value> items;
    for (const store::WorkflowEntry& entry : *entries) {
        const auto document = stored_document(services.runtime.store(), entry.id, entry.head);
        if (!document) return std::unexpected(problem("unavailable", document.error().message()));
        if (is_yaml) {
            yaml += "---\n" + format::write_yaml(*document);
            if (!yaml.ends_with('\n')) yaml += '\n';
        } else {
            items.push_back(format::to_value(*document));
        }
    }
    Response response =
        is_yaml ? yaml_response(std::move(yaml)) : list_response(std::move(items), {});
    response.headers.set("Vary", "Accept");
    return response;
}

Route make_apply(Services& services) {
    Route route;
    route.method = Method::post;
    route.pattern = "/api/v1/workflows/apply";
    route.id = "applyWorkflows";
    route.tag = workflows_tag;
    route.summary = "Save many documents at once";
    route.description =
        "Brings workflows to what the documents say, and tells of each what changes. All or "
        "nothing: when one document is not valid, none is saved. The body is a stream of YAML "
        "documents, or as JSON an array, an object with `items` as export gives it, or one "
        "document. Doing it again changes nothing.";
    route.action = Action::edit;
    route.parameters = {
        flag_parameter("activate", "Make the applied versions the active ones."),
        flag_parameter("prune", "Remove workflows that came from files and are not among these."),
        flag_parameter("dry_run", "Only tell what would change."),
        choice_parameter("origin",
                         "`file`, the default: the documents are from now on the place to change "
                         "the workflows; `put`: they are edited here.",
                         {"file", "put"})};
    Body body;
    body.description = "The documents.";
    body.is_raw = true;
    body.schema = schema_of(R"({
      "anyOf": [
        {"type": "array", "items": {"$ref": "#/components/schemas/Workflow"}},
        {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Workflow"}}}},
        {"$ref": "#/components/schemas/Workflow"}
      ]
    })");
    route.body = {std::move(body)};
    route.answers = {{200, "What has become of each.", schema_ref("AppliedWorkflows")}};
    route.problems = {"conflict",
                      "invalid",
                      "malformed_json",
                      "managed_by_file",
                      "managed_by_notification",
                      "too_large",
                      "unsupported_media_type"};
    route.handler =
        Handler{[&services](const Request& request) { return apply_documents(services, request); }};
    return route;
}

Route make_export(Services& services) {
    Route route;
    route.pattern = "/api/v1/workflows/export";
    route.id = "exportWorkflows";
    route.tag = workflows_tag;
    route.summary = "Read the documents of many workflows";
    route.description =
        "Of their heads, as a list or by `Accept: application/yaml` as a stream of YAML documents; "
        "apply takes both. Without `id` all that the other parameters choose.";
    Parameter ids = text_parameter("id", "Of a workflow; may be repeated.");
    ids.schema = schema_of(R"({"type": "array", "items": {"type": "string"}})");
    route.parameters = {std::move(ids), text_parameter("text", "Part of the id or the name."),
                        text_parameter("tag", "Those that have this tag."),
                        text_parameter("folder", "Those in this folder or below it."),
                        flag_parameter("active", "`true`: only those that are active.")};
    route.answers = {{200, "The documents.", list_schema("Workflow")},
                     {200, "The documents, one after another.", yaml_schema(), "application/yaml"}};
    route.problems = {"not_acceptable", "not_found", "unavailable"};
    route.handler = Handler{
        [&services](const Request& request) { return export_documents(services, request); }};
    return route;
}

}  // namespace

void add_workflow_bulk(RouteTable& table, Services& services) {
    table.routes.push_back(make_apply(services));
    table.routes.push_back(make_export(services));
}

}  // namespace millrace::server
