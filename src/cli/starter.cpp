// SPDX-License-Identifier: Apache-2.0
#include "starter.hpp"

#include "millrace/format/document.hpp"
#include "millrace/format/writer.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view yaml =
    R"(# A Millrace workflow. Check it with `millrace validate FILE`, run it with `millrace run FILE`.
millrace: 1                 # version of this format
id: @ID@
name: My workflow
description: Greets somebody, and asks twice before it calls a crowd small.

# A JSON Schema of the input: `millrace run FILE --input '{"name": "Ada", "guests": 12}'`.
inputs:
  properties:
    name: { type: string }
    guests: { type: integer, minimum: 0 }

# Names with defaults; `--var limit=5` sets another value for one run.
variables: { limit: 10 }

nodes:
  - id: start               # an execution starts at a trigger
    type: trigger.manual
  - id: greet               # {{ … }} is JavaScript; `inputs` is the input, `vars` the variables
    type: data.set
    data:
      keep: none
      fields:
        greeting: "Hello, {{ inputs?.name ?? 'world' }}!"
        guests: "{{ inputs?.guests ?? 0 }}"
  - id: pause               # durable: kill the process meanwhile, and the next run goes on
    type: flow.delay
    data: { for: 1s }
  - id: crowd
    type: flow.if
    data: { condition: "input.guests > vars.limit" }
  - id: large
    type: data.template
    data: { text: "{{ input.greeting }} {{ input.guests }} guests need the large room." }
  - id: small
    type: data.template
    data: { text: "{{ input.greeting }} The small room will do." }

# `a -> b` connects the output `out` of a with the input `in` of b; others are named.
connections:
  - start -> greet -> pause -> crowd
  - crowd.true -> large
  - crowd.false -> small
)";

}  // namespace

std::string workflow_id_from(std::string_view file_name) {
    std::string_view name = file_name.substr(file_name.find_last_of('/') + 1);
    name = name.substr(0, name.find('.'));
    std::string id;
    for (const char c : name) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool is_kept = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (is_kept) {
            id.push_back(lower);
        } else if (!id.empty() && id.back() != '-') {
            id.push_back('-');
        }
    }
    constexpr std::size_t id_max = 63;
    id.resize(std::min(id.size(), id_max));
    while (!id.empty() && id.back() == '-')
        id.pop_back();
    return id.empty() || id == "my" ? "my-workflow" : id;
}

std::string starter_document(std::string_view file_name) {
    std::string text{yaml};
    constexpr std::string_view place = "@ID@";
    text.replace(text.find(place), place.size(), workflow_id_from(file_name));
    if (format::syntax_of(file_name) != format::Syntax::json) return text;
    const format::DocumentRead read = format::read_document({"starter", text});
    return read.document ? format::write_json(*read.document) + "\n" : text;
}

}  // namespace millrace::cli
