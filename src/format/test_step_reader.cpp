// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "test_readers.hpp"

// What tests say about waiting: what comes from outside, and what is to become of it.

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

using Kind = TestStep::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 5> kinds{{{"approve", Kind::approve},
                                                                  {"reject", Kind::reject},
                                                                  {"answer", Kind::answer},
                                                                  {"signal", Kind::signal},
                                                                  {"event", Kind::event}}};
constexpr std::array<std::string_view, 3> wait_states{"answered", "expired", "ended"};
constexpr std::string_view approvals = "approve and reject";

/// A part that only some kinds of steps have.
struct PartOfSome {
    std::string_view key;
    std::string_view of;  ///< those kinds, for people
    bool (*fits)(Kind);
};
constexpr std::array<PartOfSome, 7> parts_of_some{{
    {"by", approvals, [](Kind kind) { return kind == Kind::approve || kind == Kind::reject; }},
    {"reason", approvals, [](Kind kind) { return kind == Kind::approve || kind == Kind::reject; }},
    {"method", "answer", [](Kind kind) { return kind == Kind::answer; }},
    {"query", "answer", [](Kind kind) { return kind == Kind::answer; }},
    {"headers", "answer", [](Kind kind) { return kind == Kind::answer; }},
    {"source", "event", [](Kind kind) { return kind == Kind::event; }},
    {"id", "event", [](Kind kind) { return kind == Kind::event; }},
}};

void read_kind(Reading& reading, const Value& value, const Path& path, TestStep& step) {
    std::size_t given = 0;
    for (const auto& [key, kind] : kinds) {
        const Value* const target = value.find(key);
        if (target == nullptr) continue;
        ++given;
        step.kind = kind;
        step.target = reading.filled_text(*target, Path{path, key});
    }
    if (given != 1) {
        reading.report(ProblemCode::bad_value, path,
                       "expected exactly one of approve, reject, answer, signal and event");
        return;
    }
    for (const PartOfSome& part : parts_of_some) {
        if (value.find(part.key) == nullptr || part.fits(step.kind)) continue;
        reading.report(ProblemCode::bad_value, Path{path, part.key},
                       std::string{part.key} + " belongs to " + std::string{part.of});
    }
}

void read_time(Reading& reading, const Value& value, const Path& path, TestStep& step) {
    const Value* const at = value.find("at");
    const Value* const after = value.find("after");
    if (at != nullptr) step.at = reading.duration(*at, Path{path, "at"}, true);
    if (after != nullptr) step.after = reading.duration(*after, Path{path, "after"}, true);
    if (at != nullptr && after != nullptr)
        reading.report(ProblemCode::bad_value, path,
                       "either `at`, which counts from the start, or `after`, which counts from "
                       "when something waits for it");
}

TestStep read_step(Reading& reading, const Value& value, const Path& path) {
    TestStep step;
    step.pointer = path.pointer();
    if (!reading.object(value, path, step_keys)) return step;
    read_kind(reading, value, path, step);
    read_time(reading, value, path, step);
    if (const Value* const data = value.find("data"))
        step.data = reading.data(*data, Path{path, "data"});
    const auto text = [&](const char* key, std::string& to) {
        if (const Value* const given = value.find(key))
            to = reading.filled_text(*given, Path{path, key});
    };
    text("by", step.by);
    text("reason", step.reason);
    text("source", step.source);
    text("id", step.id);
    core::ObjectBuilder request;
    for (const char* const key : {"method", "query", "headers"})
        if (const Value* const given = value.find(key))
            request.set(key, reading.data(*given, Path{path, key}));
    step.request = std::move(request).build();
    return step;
}

WaitExpectation read_wait(Reading& reading, const core::Member& member, const Path& path) {
    WaitExpectation wait;
    wait.target = member.key;
    wait.pointer = path.pointer();
    const Value& value = member.value;
    const auto state = [&](const Value& word, const Path& at) {
        wait.state = wait_states[reading.word(word, at, wait_states)];
    };
    if (value.is_string()) {
        state(value, path);
        return wait;
    }
    if (!reading.object(value, path, wait_expectation_keys)) return wait;
    if (const Value* const word = value.find("state")) state(*word, Path{path, "state"});
    if (const Value* const took = value.find("took"))
        wait.took = read_duration_expectation(reading, *took, Path{path, "took"});
    if (const Value* const details = value.find("details"))
        wait.details = reading.data(*details, Path{path, "details"});
    if (const Value* const answer = value.find("answer"))
        wait.answer = reading.data(*answer, Path{path, "answer"});
    return wait;
}

MailExpectation read_mail(Reading& reading, const Value& value, const Path& path) {
    MailExpectation mail;
    mail.pointer = path.pointer();
    if (!reading.object(value, path, mail_expectation_keys)) return mail;
    const auto text = [&](const char* key, std::string& to) {
        if (const Value* const given = value.find(key))
            to = reading.filled_text(*given, Path{path, key});
    };
    const auto texts = [&](const char* key, std::vector<std::string>& to) {
        const Value* const given = value.find(key);
        if (given == nullptr) return;
        const Path at{path, key};
        if (given->is_string()) {
            to.push_back(reading.filled_text(*given, at));
        } else {
            to = read_texts(reading, *given, at);
        }
    };
    text("from", mail.from);
    texts("to", mail.to);
    text("subject", mail.subject);
    text("text", mail.text);
    text("html", mail.html);
    texts("links", mail.links);
    return mail;
}

}  // namespace

std::vector<TestStep> read_steps(Reading& reading, const Value& value, const Path& path) {
    std::vector<TestStep> steps;
    if (!reading.array(value, path)) return steps;
    for (const Value& element : value.as_array())
        steps.push_back(read_step(reading, element, Path{path, steps.size()}));
    return steps;
}

void read_wait_expectations(Reading& reading, const Value& value, const Path& path,
                            Expectations& expect) {
    if (const Value* const waits = value.find("waits")) {
        const Path at{path, "waits"};
        if (waits->is_object()) {
            for (const core::Member& member : waits->as_object())
                expect.waits.push_back(read_wait(reading, member, Path{at, member.key}));
        } else {
            reading.wrong_kind(*waits, at, "an object of nodes that wait");
        }
    }
    const Value* const mails = value.find("mails");
    if (mails == nullptr) return;
    const Path at{path, "mails"};
    expect.mails.emplace();
    if (!reading.array(*mails, at)) return;
    for (const Value& element : mails->as_array())
        expect.mails->push_back(read_mail(reading, element, Path{at, expect.mails->size()}));
}

}  // namespace millrace::format
