// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/size.hpp"
#include "millrace/core/time.hpp"
#include "millrace/core/value.hpp"

namespace millrace::core {

// The workflow document as types: what a person wrote, checked for form, defaults not filled in
// except where a field says so. `format` reads and writes it; `engine::compile` makes it a Plan.

/// `node.port` as connections name it.
struct PortRef {
    std::string node;
    std::string port;

    friend bool operator==(const PortRef&, const PortRef&) = default;
};

struct RetryPolicy {
    std::uint32_t max_attempts = 3;  ///< counts the first try
    Duration delay{1'000};
    double backoff = 2.0;
    Duration max_delay{60'000};
    double jitter = 0.0;                ///< 0…1: each delay is shortened by up to this share
    std::vector<std::string> retry_on;  ///< classes or codes; empty: the default set

    friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

struct NodeOnError {
    enum class Kind : std::uint8_t { inherit, stop, proceed, default_value, fallback };
    Kind kind = Kind::inherit;
    Value value;           ///< for default_value; null, false, 0 and "" are values too
    std::string fallback;  ///< for fallback: a node id

    friend bool operator==(const NodeOnError&, const NodeOnError&) = default;
};

enum class OnInterrupt : std::uint8_t { rerun, fail };

/// Results of a node that are kept and given again for equal inputs.
struct NodeCache {
    Duration ttl{0};
    std::string key;                ///< expression source; empty: all that the node is given
    std::vector<std::string> tags;  ///< names under which results can be invalidated together

    friend bool operator==(const NodeCache&, const NodeCache&) = default;
};

/// When calls are refused without being made, because too many have failed of late.
struct CircuitBreaker {
    std::string name;            ///< of a dependency that nodes share; empty: this node alone
    std::uint32_t failures = 5;  ///< within `window` they open the circuit
    Duration window{30'000};
    Duration reset{10'000};    ///< after it, `probes` calls are let through
    std::uint32_t probes = 1;  ///< that many must succeed to close the circuit

    friend bool operator==(const CircuitBreaker&, const CircuitBreaker&) = default;
};

struct Position {
    double x = 0;
    double y = 0;
    std::optional<double> z;

    friend bool operator==(const Position&, const Position&) = default;
};

struct NodeSpec {
    std::string id;
    std::string type;                ///< without `@version`
    std::uint32_t type_version = 1;  ///< a bare type means version 1
    std::string name;
    std::string notes;
    std::optional<Position> position;
    Value data;  ///< object, or null when the document has none
    std::string parent;
    std::optional<RetryPolicy> retry;
    std::optional<Duration> timeout;   ///< per attempt
    std::optional<Duration> deadline;  ///< over all attempts
    NodeOnError on_error;
    std::optional<OnInterrupt> on_interrupt;
    std::optional<NodeCache> cache;
    std::optional<CircuitBreaker> circuit_breaker;
    std::string compensate;          ///< the node that undoes this one; empty: none
    std::string credential;          ///< name of a stored credential; empty: none
    std::vector<Member> extensions;  ///< the `x-…` keys

    friend bool operator==(const NodeSpec&, const NodeSpec&) = default;
};

struct ConnectionOnError {
    enum class Kind : std::uint8_t { fail, drop, default_value };
    Kind kind = Kind::fail;
    Value value;

    friend bool operator==(const ConnectionOnError&, const ConnectionOnError&) = default;
};

struct ConnectionSpec {
    PortRef from;
    PortRef to;
    std::string filter;     ///< expression source; empty: none
    std::string transform;  ///< expression source; empty: none
    ConnectionOnError on_error;
    std::int32_t priority = 0;  ///< lower first
    std::string tag;
    std::vector<Member> extensions;

    friend bool operator==(const ConnectionSpec&, const ConnectionSpec&) = default;
};

/// When all of a failed execution is tried again.
struct WorkflowRetry {
    std::uint32_t max_attempts = 3;  ///< counts the first try; at least 2
    Duration delay{0};
    double backoff = 2.0;
    Duration max_delay{60'000};

    friend bool operator==(const WorkflowRetry&, const WorkflowRetry&) = default;
};

struct WorkflowOnError {
    enum class Kind : std::uint8_t { stop, proceed, retry };
    Kind kind = Kind::stop;
    WorkflowRetry retry{};  ///< for retry

    friend bool operator==(const WorkflowOnError&, const WorkflowOnError&) = default;
};

/// How many executions of one workflow may be live at once.
struct ConcurrencyLimit {
    enum class WhenExceeded : std::uint8_t { queue, reject };
    std::uint32_t limit = 1;
    WhenExceeded when_exceeded = WhenExceeded::queue;

    friend bool operator==(const ConcurrencyLimit&, const ConcurrencyLimit&) = default;
};

/// How long finished executions of one workflow are kept; what it leaves open the deployment says.
struct WorkflowRetention {
    std::optional<Duration> max_age;         ///< since their end
    std::optional<std::uint32_t> max_count;  ///< the newest that are kept

    friend bool operator==(const WorkflowRetention&, const WorkflowRetention&) = default;
};

struct Settings {
    WorkflowOnError on_error;
    std::uint32_t max_parallel_nodes = 16;
    std::optional<ConcurrencyLimit> max_concurrent_executions;
    std::optional<Duration> timeout;
    std::int32_t priority = 0;  ///< lower goes first, -100…100
    std::optional<WorkflowRetention> retention;

    friend bool operator==(const Settings&, const Settings&) = default;
};

/// A variable with its default; null means that the deployment must give it.
struct Variable {
    std::string name;
    Value value;

    friend bool operator==(const Variable&, const Variable&) = default;
};

struct Document {
    std::string id;
    std::string name;
    std::string description;
    std::string folder;
    std::vector<std::string> tags;
    Value inputs;  ///< JSON Schema of the input, or null
    std::vector<Variable> variables;
    Settings settings;
    std::vector<NodeSpec> nodes;
    std::vector<ConnectionSpec> connections;
    Value outputs;  ///< template tree, or null when the document has none
    Value editor;
    std::vector<Member> extensions;

    friend bool operator==(const Document&, const Document&) = default;
};

}  // namespace millrace::core
