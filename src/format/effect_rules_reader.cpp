// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "names.hpp"
#include "part_readers.hpp"

namespace millrace::format {

using core::ProblemCode;
using core::Value;

namespace {

/// What stands outside of the document under a name: a credential, a dependency.
std::string resource_name(Reading& reading, const Value& value, const Path& path,
                          std::string_view what) {
    std::string read = reading.text(value, path);
    if (value.is_string() && !is_resource_name(read)) {
        reading.report(ProblemCode::bad_value, path,
                       quoted(read) + " is no name of a " + std::string{what} +
                           "; use letters, digits, _, - and ., at most 64, the first no - or .",
                       suggest_resource_name(read));
    }
    return read;
}

std::vector<std::string> read_tags(Reading& reading, const Value& value, const Path& path) {
    std::vector<std::string> tags;
    if (!reading.array(value, path)) return tags;
    for (const Value& element : value.as_array()) {
        const Path at{path, tags.size()};
        std::string tag = reading.filled_text(element, at);
        if (element.is_string() && std::ranges::find(tags, tag) != tags.end()) {
            reading.report(ProblemCode::bad_value, at,
                           "the tag " + quoted(tag) + " is listed twice; remove one");
        }
        tags.push_back(std::move(tag));
    }
    return tags;
}

core::NodeCache read_cache(Reading& reading, const Value& value, const Path& path) {
    core::NodeCache cache;
    if (!reading.object(value, path, cache_keys)) return cache;
    if (const Value* const ttl =
            reading.require(value, path, "ttl", "it says how long a result is kept, such as 60s")) {
        cache.ttl = reading.duration(*ttl, Path{path, "ttl"});
    }
    if (const Value* const key = value.find("key")) {
        cache.key = reading.filled_text(*key, Path{path, "key"});
    }
    if (const Value* const tags = value.find("tags")) {
        cache.tags = read_tags(reading, *tags, Path{path, "tags"});
    }
    return cache;
}

core::CircuitBreaker read_breaker(Reading& reading, const Value& value, const Path& path) {
    core::CircuitBreaker breaker;
    if (!reading.object(value, path, circuit_breaker_keys)) return breaker;
    if (const Value* const failures = value.find("failures")) {
        breaker.failures = static_cast<std::uint32_t>(
            reading.integer(*failures, Path{path, "failures"}, breaker_failures_range));
    }
    if (const Value* const window = value.find("window")) {
        breaker.window = reading.duration(*window, Path{path, "window"});
    }
    if (const Value* const reset = value.find("reset")) {
        breaker.reset = reading.duration(*reset, Path{path, "reset"});
    }
    if (const Value* const probes = value.find("probes")) {
        breaker.probes = static_cast<std::uint32_t>(
            reading.integer(*probes, Path{path, "probes"}, breaker_probes_range));
    }
    if (const Value* const name = value.find("name")) {
        breaker.name = resource_name(reading, *name, Path{path, "name"}, "dependency");
    }
    return breaker;
}

}  // namespace

void read_effect_rules(Reading& reading, const Value& value, const Path& path,
                       core::NodeSpec& node) {
    if (const Value* const compensate = value.find("compensate")) {
        node.compensate = reading.name(*compensate, Path{path, "compensate"}, "node id");
    }
    if (const Value* const cache = value.find("cache")) {
        node.cache = read_cache(reading, *cache, Path{path, "cache"});
    }
    if (const Value* const breaker = value.find("circuit_breaker")) {
        node.circuit_breaker = read_breaker(reading, *breaker, Path{path, "circuit_breaker"});
    }
    if (const Value* const credential = value.find("credential")) {
        node.credential =
            resource_name(reading, *credential, Path{path, "credential"}, "credential");
    }
}

}  // namespace millrace::format
