// SPDX-License-Identifier: Apache-2.0
#include "routes/workflows/workflow_answers.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/etag.hpp"
#include "millrace/core/problem.hpp"
#include "millrace/format/canonical.hpp"
#include "millrace/format/writer.hpp"
#include "millrace/server/workflow_values.hpp"
#include "notifications/notification_rule.hpp"
#include "routes/workflows/document_body.hpp"
#include "service/file_workflows.hpp"
#include "service/workflow_catalog.hpp"

namespace millrace::server {
namespace {

constexpr std::size_t searched_max = 1'000;

std::optional<std::uint32_t> read_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

std::string unquoted(std::string_view etag) {
    return std::string{etag.substr(1, etag.size() - 2)};
}

/// If-Match with each tag cut to what it says of the head.
std::string heads_named(std::string_view list) {
    std::string named;
    for (std::size_t at = 0; at < list.size();) {
        const std::size_t comma = std::min(list.find(',', at), list.size());
        std::string_view one = list.substr(at, comma - at);
        at = comma + 1;
        const std::size_t dash = one.find('-');
        const std::size_t further = dash == std::string_view::npos ? dash : one.find('-', dash + 1);
        if (!named.empty()) named += ',';
        named += one.substr(0, further);
        if (further != std::string_view::npos) named += '"';
    }
    return named;
}

}  // namespace

std::expected<store::WorkflowEntry, Problem> find_workflow(const Services& services,
                                                           const std::string& id) {
    store::Library& library = services.runtime.store().library();
    auto entry = library.find(id);
    if (entry) return *std::move(entry);
    if (!entry.error().is(store::StoreErrc::not_found))
        return std::unexpected(problem_of(entry.error()));
    std::vector<std::string> ids;
    if (const auto page = library.list({}, searched_max, {})) {
        for (const store::WorkflowEntry& other : page->items)
            ids.push_back(other.id);
    }
    const std::string near = core::nearest(id, {ids.begin(), ids.end()});
    return std::unexpected(
        problem("not_found", "there is no workflow " + id +
                                 (near.empty() ? std::string{} : "; did you mean " + near + "?")));
}

std::expected<void, Problem> require_unmanaged(const Services& services,
                                               const store::WorkflowEntry& entry) {
    if (entry.origin != store::WorkflowOrigin::file) return {};
    const auto file = services.files.find(entry.id);
    return std::unexpected(
        problem("managed_by_file",
                file ? "the workflow comes from the file " + file->path + ", change it there"
                     : "the workflow " + entry.id +
                           " was applied from a file; change that and apply it again"));
}

std::expected<void, Problem> require_no_notification(const store::WorkflowEntry& entry) {
    const std::string id = carried_rule(entry);
    if (id.empty()) return {};
    return std::unexpected(
        problem("managed_by_notification",
                "the workflow carries the notification " + id + " out; change that"));
}

std::string workflow_etag(const Services& services, const store::WorkflowEntry& entry) {
    std::string etag = document_etag(entry.head, entry.head_hash);
    const auto file = services.files.find(entry.id);
    if (!entry.active && !file) return etag;
    std::string more = entry.active ? std::to_string(*entry.active) : "0";
    if (file) more += unquoted(content_etag(file->path + "\n" + file->error)).substr(0, 8);
    etag.insert(etag.size() - 1, "-" + more);
    return etag;
}

std::expected<void, Problem> check_head(const Request& request, const Services& services,
                                        const std::optional<store::WorkflowEntry>& entry) {
    if (!entry) return check_preconditions(request, {});
    const std::string head = document_etag(entry->head, entry->head_hash);
    const bool names_head = etag_matches(heads_named(request.header("If-Match")), head, false);
    if (names_head && request.header("If-None-Match").empty()) return {};
    return check_preconditions(request, workflow_etag(services, *entry));
}

Answer workflow_answer(const Services& services, const store::WorkflowEntry& entry,
                       std::uint32_t number, format::Syntax syntax, int status) {
    const auto version = services.runtime.store().version(entry.id, number);
    if (!version) return std::unexpected(problem_of(version.error()));
    const auto document = read_version(*version);
    if (!document) return std::unexpected(problem("unavailable", document.error().message()));
    Response response;
    if (syntax == format::Syntax::yaml) {
        response = yaml_response(format::write_yaml(*document), status);
    } else {
        const auto saved = services.runtime.load_workflow(entry.id, number);
        core::Value body =
            workflow_value(entry, *version, *document, saved ? saved->plan.get() : nullptr,
                           saved ? std::string_view{} : std::string_view{saved.error().message()});
        const auto file = services.files.find(entry.id);
        if (file && number == entry.head) {
            core::ObjectBuilder with_file;
            for (const core::Member& member : body.as_object())
                with_file.set(member.key, member.value);
            core::ObjectBuilder told;
            told.set("path", file->path);
            if (!file->error.empty()) told.set("error", file->error);
            body = std::move(with_file.set("file", std::move(told).build())).build();
        }
        response = json_response(body, status);
    }
    response.headers.set("Vary", "Accept");
    response.headers.set("ETag", number == entry.head
                                     ? workflow_etag(services, entry)
                                     : document_etag(version->number, version->hash));
    return response;
}

std::optional<std::uint32_t> number_in_query(const Request& request, std::string_view name) {
    const std::string* const text = request.query_value(name);
    return text == nullptr ? std::nullopt : read_number(*text);
}

std::expected<std::uint32_t, Problem> number_in_path(const Request& request,
                                                     const std::string& workflow_id) {
    const std::string& text = request.parameter("n");
    if (const auto number = read_number(text)) return *number;
    return std::unexpected(problem("not_found", workflow_id + " has no version " + text));
}

bool flag_in_query(const Request& request, std::string_view name) {
    const std::string* const text = request.query_value(name);
    return text != nullptr && *text == "true";
}

Parameter number_parameter(std::string name, std::string description) {
    Parameter parameter = text_parameter(std::move(name), std::move(description));
    constexpr std::int64_t highest = std::numeric_limits<std::uint32_t>::max();
    parameter.schema =
        core::Value::object({{"type", "integer"}, {"minimum", 1}, {"maximum", highest}});
    return parameter;
}

Parameter flag_parameter(std::string name, std::string description) {
    Parameter parameter = text_parameter(std::move(name), std::move(description));
    parameter.schema = core::Value::object({{"type", "boolean"}});
    return parameter;
}

core::Result<store::WorkflowSaved> put_head(Services& services, const core::Document& document,
                                            std::optional<std::uint32_t> expected_head,
                                            core::Time now) {
    store::WorkflowPut put;
    put.workflow_id = document.id;
    put.hash = format::document_hash(document);
    put.document = format::write_json(document);
    put.expected_head = expected_head;
    store::WorkflowSaved saved;
    const auto done = services.runtime.write([&](store::Store& store) -> core::Result<> {
        auto result = store.library().put(put, now);
        if (!result) return std::unexpected(result.error());
        saved = *std::move(result);
        return {};
    });
    // Also when it failed: whether a commit has happened may be unknown.
    services.catalog.forget(document.id);
    if (!done) return std::unexpected(done.error());
    return saved;
}

std::string workflow_location(const std::string& id) {
    return "/api/v1/workflows/" + id;
}

}  // namespace millrace::server
