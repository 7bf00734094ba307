// SPDX-License-Identifier: Apache-2.0
#include "routes/dead_letters/dead_letter_choice.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "api/answer.hpp"

namespace millrace::server {
namespace {

using core::Value;

store::DeadLetterFilter open_letters(const Value& given) {
    store::DeadLetterFilter filter;
    filter.status = store::DeadLetterStatus::open;
    const auto read = [&](std::string_view name, std::optional<std::string>& text) {
        if (const Value* const value = given.find(name)) text = std::string{value->as_string()};
    };
    read("workflow_id", filter.workflow_id);
    read("node_id", filter.node_id);
    read("code", filter.code);
    return filter;
}

}  // namespace

std::expected<LetterChoice, Problem> choose_letters(store::DeadLetters& letters,
                                                    const Value& body) {
    LetterChoice choice;
    if (const Value* const numbers = body.find("numbers")) {
        for (const Value& number : numbers->as_array())
            choice.numbers.push_back(static_cast<std::uint64_t>(number.as_integer()));
        return choice;
    }
    // All are known before the first is decided about: what fails again is another letter.
    const store::DeadLetterFilter filter = open_letters(*body.find("filter"));
    const auto page = letters.list(filter, letters_at_once_max, {});
    if (!page) return std::unexpected(problem_of(page.error()));
    for (const store::DeadLetter& letter : page->items)
        choice.numbers.push_back(letter.number);
    std::ranges::reverse(choice.numbers);
    choice.has_more = page->next_cursor.has_value();
    return choice;
}

Value letters_schema(bool with_replay) {
    static constexpr std::string_view replay_members = R"(,
        "input": {"description": "What the failed runs get instead of what they got."},
        "version": {"type": "integer", "minimum": 1, "maximum": 4294967295, "description": "Of the workflow; else the same."}
    )";
    return schema_of(std::string{R"({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["numbers"]}, {"required": ["filter"]}],
        "properties": {
            "numbers": {
                "type": "array",
                "maxItems": 1000,
                "items": {"type": "integer", "minimum": 0},
                "description": "These letters."
            },
            "filter": {
                "type": "object",
                "additionalProperties": false,
                "description": "Open letters that fit all of this, 1,000 at once.",
                "properties": {
                    "workflow_id": {"type": "string"},
                    "node_id": {"type": "string"},
                    "code": {"type": "string"}
                }
            })"}
                         .append(with_replay ? replay_members : std::string_view{})
                         .append("}}"));
}

}  // namespace millrace::server
