// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "documents/starter.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view hello =
    R"(# A Millrace workflow. Check it with `millrace validate FILE`, run it with `millrace run FILE`.
millrace: 1                 # version of this format
id: @ID@
name: @NAME@
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

constexpr std::string_view http =
    R"(# Calls an API, is patient with it, and has an answer when it gives none.
# Try it without calling anything: `millrace run FILE --mock-external`.
millrace: 1
id: @ID@
name: @NAME@
description: Asks an API for a price, again when it is busy, and takes the list price in the end.

# The address of the API; `--var base=https://prices.example.com` sets another one.
variables: { base: "http://127.0.0.1:9000", list_price: 100 }

nodes:
  - id: start
    type: trigger.manual
  - id: fetch
    type: http.request
    data:
      url: "{{ vars.base }}/price"
      query: { sku: "{{ inputs?.sku ?? 'A7' }}" }
    timeout: 5s             # for each attempt
    retry: { max_attempts: 4, delay: 500ms, backoff: 2, max_delay: 10s, jitter: 0.2 }
    on_error: { fallback: list_price }   # what stands in when all attempts have failed
  - id: list_price          # has no connections: it runs only in the place of `fetch`
    type: data.set
    data: { keep: none, fields: { body.price: "{{ vars.list_price }}" } }
  - id: price
    type: data.set
    data: { keep: none, fields: { price: "{{ input.body?.price ?? vars.list_price }}" } }

connections:
  - start -> fetch -> price
)";

constexpr std::string_view loop =
    R"(# Works through a list, several items at once, and gives the results in the list's order.
# Try it: `millrace run FILE --input '{"items": [{"sku": "A7", "count": 2}]}'`.
millrace: 1
id: @ID@
name: @NAME@
description: Prices the items of an order and adds them up.

inputs:
  properties:
    items:
      type: array
      items: { type: object, required: [sku, count] }

variables: { unit_price: 5 }

nodes:
  - id: start
    type: trigger.manual
  - id: each                # its body is the nodes whose `parent` it is
    type: flow.loop
    data:
      over: "inputs?.items ?? [{ sku: 'A7', count: 2 }, { sku: 'B8', count: 1 }]"
      concurrency: 4
  - id: price               # runs once for each item; `item` and `index` are in scope
    parent: each
    type: data.set
    data: { fields: { price: "{{ item.count * vars.unit_price }}" } }
  - id: summary
    type: data.set
    data:
      keep: none
      fields:
        lines: "{{ input }}"
        count: "{{ input.length }}"

# `item` leads into the body, and what reaches `result` is the result of the iteration.
connections:
  - start -> each
  - each.done -> summary
  - each.item -> price -> each.result
)";

constexpr std::string_view attempt =
    R"(# Catches what fails, answers in its place, and cleans up in any case.
# Try it: `millrace run FILE --input '{"amount": -1}'`.
millrace: 1
id: @ID@
name: @NAME@
description: Books an amount, tells why when that fails, and always frees the booking's lock.

nodes:
  - id: start
    type: trigger.manual
  - id: guard               # its body is the nodes whose `parent` it is
    type: flow.try
  - id: positive
    parent: guard
    type: flow.if
    data: { condition: "(inputs?.amount ?? 1) > 0" }
  - id: book
    parent: guard
    type: data.set
    data: { keep: none, fields: { booked: "{{ inputs?.amount ?? 1 }}" } }
  - id: refuse
    parent: guard
    type: flow.fail
    data: { code: bad_amount, message: "{{ inputs.amount }} cannot be booked" }
  - id: unlock              # behind `finally`: runs however the body has ended
    parent: guard
    type: debug.log
    data: { message: "the lock is free again; the booking is {{ input.status }}" }
  - id: receipt
    type: data.template
    data: { text: "booked {{ input.booked }}" }
  - id: apology
    type: data.template
    data: { text: "not booked: {{ input.error.message }}" }

connections:
  - start -> guard
  - guard.item -> positive
  - positive.true -> book -> guard.result
  - positive.false -> refuse
  - guard.finally -> unlock
  - guard.done -> receipt
  - guard.error -> apology
)";

constexpr std::array<StarterTemplate, 4> templates{{
    {"hello", "Set fields, wait, and decide: a tour of the basics", hello,
     "--input '{\"name\": \"Ada\", \"guests\": 12}'"},
    {"http", "Call an API with retries, a timeout and a fallback", http, "--mock-external"},
    {"loop", "Work through a list, several items at once", loop, ""},
    {"try", "Catch what fails, and clean up in any case", attempt, "--input '{\"amount\": -1}'"},
}};

}  // namespace

std::span<const StarterTemplate> starter_templates() {
    return templates;
}

}  // namespace millrace::cli
