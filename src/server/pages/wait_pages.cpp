// SPDX-License-Identifier: Apache-2.0
#include "pages/wait_pages.hpp"

#include <utility>

#include "pages/page.hpp"

namespace millrace::server {
namespace {

using core::Value;
using store::Wait;
using store::WaitState;
using store::WaitWhat;

std::string text_at(const Value& value, std::string_view key) {
    const Value* const found = value.find(key);
    return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

bool is_approved(const Value& answer) {
    const Value* const approved = answer.find("approved");
    return approved != nullptr && *approved == Value{true};
}

void write_fact(Html& main, std::string_view name, std::string_view text) {
    main.open("div").leaf("dt", name).leaf("dd", text).close();
}

void write_fact(Html& main, std::string_view name, core::Time at) {
    main.open("div").leaf("dt", name).open("dd");
    write_time(main, at);
    main.close().close();
}

/// Who asks, and until when.
void write_facts(Html& main, const Wait& wait) {
    main.open("dl");
    write_fact(main, "Asked by", "Workflow " + wait.workflow_id);
    write_fact(main, "Asked on", wait.opened_at);
    if (wait.until && wait.state == WaitState::open) write_fact(main, "Answer by", *wait.until);
    main.close();
}

/// The fields of every approval, as a form has them.
nodes::FormField who_field(const Wait& wait) {
    nodes::FormField field;
    field.name = by_field;
    field.label = "Your name";
    field.is_required = true;
    field.schema = Value::object({{"type", "string"}, {"maxLength", 200}});
    for (const std::string& name : approvers_of(wait))
        field.choices.push_back({name, name, Value{name}});
    if (!field.choices.empty()) {
        field.kind = nodes::FormFieldKind::choice;
        field.label = "You are";
    }
    return field;
}

nodes::FormField reason_for() {
    nodes::FormField field;
    field.name = reason_field;
    field.label = "Reason";
    field.kind = nodes::FormFieldKind::lines;
    field.schema = Value::object({{"type", "string"}, {"maxLength", 5'000}});
    return field;
}

/// What has become of the wait, as a heading.
std::string closed_title(const Wait& wait) {
    if (wait.state == WaitState::expired) return "The time is over";
    if (wait.state == WaitState::ended) return "This is no longer asked";
    if (wait.what != WaitWhat::approval) return "This was answered already";
    return is_approved(wait.answer) ? "This was approved already" : "This was rejected already";
}

}  // namespace

std::vector<std::string> approvers_of(const Wait& wait) {
    std::vector<std::string> names;
    const Value* const approvers = wait.details.find("approvers");
    if (approvers == nullptr || !approvers->is_array()) return names;
    for (const Value& name : approvers->as_array())
        if (name.is_string()) names.emplace_back(name.as_string());
    return names;
}

std::optional<Form> approval_form(const Wait& wait) {
    const Value* const fields = wait.details.find("fields");
    return fields == nullptr || fields->is_null() ? std::nullopt : make_form(*fields);
}

Response approval_page(const Wait& wait, const FormState& state, int status) {
    const std::string title = text_at(wait.details, "title");
    Html main;
    main.leaf("p", "Your decision", {{"class", "kicker"}}).leaf("h1", title);
    main.paragraphs(text_at(wait.details, "message"));
    write_summary(main, state);
    main.open("form", {{"method", "post"}, {"novalidate", true}});
    // The first button is the one that the Enter key in a field presses: nobody decides so.
    main.leaf("button", "",
              {{"type", "submit"}, {"disabled", true}, {"class", "away"}, {"aria-hidden", "true"}});
    if (const auto form = approval_form(wait)) write_fields(main, form->fields, state);
    write_field(main, who_field(wait), state);
    write_field(main, reason_for(), state);
    main.open("div", {{"class", "buttons"}});
    main.leaf("button", "Approve",
              {{"type", "submit"}, {"name", decision_field}, {"value", "approve"}});
    main.leaf(
        "button", "Reject",
        {{"type", "submit"}, {"name", decision_field}, {"value", "reject"}, {"class", "other"}});
    main.close().close();
    write_facts(main, wait);
    return page_response({.status = status,
                          .title = (state.messages.empty() ? "" : "Error: ") + title,
                          .has_form = true},
                         main);
}

Response decided_page(const Wait& wait, const Value& answer) {
    const std::string title = is_approved(answer) ? "Approved" : "Rejected";
    Html main;
    main.leaf("p", text_at(wait.details, "title"), {{"class", "kicker"}}).leaf("h1", title);
    main.leaf("p", "Thank you, " + text_at(answer, "by") +
                       ". Your decision is recorded; you can close this page.");
    return page_response({.title = title}, main);
}

Response webhook_page(const Wait& wait) {
    const std::string method = text_at(wait.details, "method");
    Html main;
    main.leaf("h1", "An answer is awaited here");
    main.open("p").text("This address is for programs. It takes one ");
    main.leaf("b", method.empty() ? "POST or PUT" : method);
    main.text(" request, and what that brings is the answer. Looking at this page changes nothing.")
        .close();
    write_facts(main, wait);
    return page_response({.title = "An answer is awaited here"}, main);
}

std::string closed_text(const Wait& wait) {
    const std::string at = wait.closed_at ? " on " + time_text(*wait.closed_at) : std::string{};
    if (wait.state == WaitState::expired) return "nobody answered in time; the wait was over" + at;
    if (wait.state == WaitState::ended)
        return "nobody waits for this answer any more; the workflow went on without it or ended" +
               at;
    if (wait.what != WaitWhat::approval) return "this was answered already" + at;
    const std::string by = text_at(wait.answer, "by");
    return "this was " + std::string{is_approved(wait.answer) ? "approved" : "rejected"} +
           " already" + (by.empty() ? "" : " by " + by) + at;
}

Response closed_page(const Wait& wait) {
    const std::string title = closed_title(wait);
    Html main;
    if (wait.what == WaitWhat::approval)
        main.leaf("p", text_at(wait.details, "title"), {{"class", "kicker"}});
    main.leaf("h1", title);
    switch (wait.state) {
        case WaitState::open: break;
        case WaitState::expired:
            main.leaf("p", "Nobody has answered in time, and the workflow has gone on.");
            break;
        case WaitState::ended:
            main.leaf("p",
                      "The workflow has gone on without this answer, or was ended. There is "
                      "nothing left to do.");
            break;
        case WaitState::answered:
            main.leaf("p", "A link works once. What you send now changes nothing.");
            break;
    }
    main.open("dl");
    if (wait.state == WaitState::answered && wait.what == WaitWhat::approval) {
        write_fact(main, "Decided by", text_at(wait.answer, "by"));
        if (const std::string reason = text_at(wait.answer, "reason"); !reason.empty())
            write_fact(main, "Reason", reason);
    }
    if (wait.closed_at) {
        write_fact(main, wait.state == WaitState::answered ? "Answered on" : "Ended on",
                   *wait.closed_at);
    }
    write_fact(main, "Asked by", "Workflow " + wait.workflow_id);
    write_fact(main, "Asked on", wait.opened_at);
    main.close();
    return page_response({.status = 410, .title = title}, main);
}

}  // namespace millrace::server
