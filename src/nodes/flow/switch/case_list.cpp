// SPDX-License-Identifier: Apache-2.0
#include "flow/switch/case_list.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <utility>

#include "field.hpp"
#include "millrace/core/json.hpp"

namespace millrace::nodes {
namespace {

using core::ProblemCode;
using core::Value;

// Ports that other node types have, and what editors and engine take for granted of them.
constexpr std::array<std::string_view, 6> taken{"in", "out", "error", "item", "done", "default"};

std::span<const Value> cases_of(const Value& data) {
    const Value* const cases = data.find("cases");
    return cases != nullptr && cases->is_array() ? cases->as_array() : std::span<const Value>{};
}

bool is_port_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= 64 && is_letter(text.front()) &&
           std::ranges::all_of(text, fits);
}

std::string quoted(std::string_view text) {
    std::string out;
    core::append_json_string(out, text);
    return out;
}

void check_name(const Value& name, const std::string& pointer, std::size_t place,
                std::map<std::string_view, std::size_t>& seen, core::Problems& problems) {
    if (!name.is_string()) return;  // against the schema, which says so
    const std::string_view text = name.as_string();
    if (!is_port_name(text)) {
        add_problem(problems, ProblemCode::bad_value, pointer,
                    quoted(text) +
                        " is no name for a case, which is an output; use letters, "
                        "digits and _, at most 64, not a digit first");
        return;
    }
    if (std::ranges::find(taken, text) != taken.end()) {
        add_problem(problems, ProblemCode::bad_value, pointer,
                    quoted(text) + " is the name of another port; choose another one");
        return;
    }
    const auto [before, is_new] = seen.emplace(text, place);
    if (is_new) return;
    add_problem(problems, ProblemCode::bad_value, pointer,
                quoted(text) + " is the name of cases[" + std::to_string(before->second) +
                    "] already; rename one of them");
}

void check_test(const Value& entry, const std::string& pointer, core::Problems& problems) {
    const Value* const when = entry.find("when");
    const Value* const path = entry.find("path");
    if ((when == nullptr) == (path == nullptr)) {
        add_problem(problems, ProblemCode::bad_value, pointer,
                    when == nullptr ? "the case has no test; give it `when` or `path`"
                                    : "a case has either `when` or `path`; remove one of them");
        return;
    }
    if (path == nullptr || !path->is_string()) return;
    if (const auto parsed = expr::JsonPath::parse(path->as_string()); !parsed) {
        add_problem(problems, ProblemCode::bad_expression, core::pointer_child(pointer, "path"),
                    parsed.error().message());
    }
}

std::int64_t priority_of(const Value& entry) {
    const Value* const priority = entry.find("priority");
    return priority != nullptr && priority->is_integer() ? priority->as_integer() : 0;
}

}  // namespace

CaseList CaseList::of(const Value& data) {
    CaseList list;
    const Value* const mode = data.find("mode");
    list.takes_all = mode != nullptr && mode->is_string() && mode->as_string() == "all";
    const std::span<const Value> entries = cases_of(data);
    std::size_t deferred = 0;
    for (const Value& entry : entries) {
        list.order.push_back(list.cases.size());
        SwitchCase& added = list.cases.emplace_back();
        const Value* const path = entry.find("path");
        if (path == nullptr) {
            added.deferred = deferred++;
        } else if (path->is_string()) {
            if (auto parsed = expr::JsonPath::parse(path->as_string())) added.path = *parsed;
        }
    }
    std::ranges::stable_sort(list.order, {},
                             [&entries](std::size_t place) { return priority_of(entries[place]); });
    return list;
}

std::vector<std::string> case_names(const Value& data) {
    std::vector<std::string> names;
    for (const Value& entry : cases_of(data)) {
        const Value* const name = entry.find("name");
        const bool is_there = name != nullptr && name->is_string();
        names.emplace_back(is_there ? name->as_string() : std::string_view{});
    }
    return names;
}

void check_cases(const Value& data, const std::string& pointer, core::Problems& problems) {
    const std::string above = core::pointer_child(pointer, "cases");
    const std::span<const Value> entries = cases_of(data);
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t place = 0; place < entries.size(); ++place) {
        if (!entries[place].is_object()) continue;
        const std::string here = core::pointer_child(above, place);
        if (const Value* const name = entries[place].find("name")) {
            check_name(*name, core::pointer_child(here, "name"), place, seen, problems);
        }
        check_test(entries[place], here, problems);
    }
}

}  // namespace millrace::nodes
