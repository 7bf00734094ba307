// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>
#include <vector>

#include "millrace/core/json.hpp"
#include "millrace/core/problem.hpp"

namespace millrace::core {
namespace {

constexpr std::string_view bytes_key = "$bytes";

bool is_marker(const Value& value) {
    return value.is_object() && value.size() == 1 && value.as_object()[0].key == bytes_key;
}

bool is_container(const Value& value) {
    return value.is_array() || value.is_object();
}

const Value& child_at(const Value& container, std::size_t i) {
    return container.is_object() ? container.as_object()[i].value : container.as_array()[i];
}

/// Most trees hold no bytes; they are returned as they are.
bool has_marker(const Value& root) {
    std::vector<const Value*> pending{&root};
    while (!pending.empty()) {
        const Value& value = *pending.back();
        pending.pop_back();
        if (!is_container(value)) continue;
        if (is_marker(value)) return true;
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (is_container(child_at(value, i))) pending.push_back(&child_at(value, i));
        }
    }
    return false;
}

/// A container of the source, and what its children up to `built.size()` became.
struct Rebuild {
    const Value* source;
    std::vector<Value> built;

    Value finish() && {
        if (source->is_array()) return Value::array(std::move(built));
        std::vector<Member> members;
        members.reserve(built.size());
        for (std::size_t i = 0; i < built.size(); ++i) {
            members.push_back({source->as_object()[i].key, std::move(built[i])});
        }
        return Value::object(std::move(members));
    }
};

std::string pointer_to(const std::vector<Rebuild>& open) {
    std::string pointer;
    for (const Rebuild& rebuild : open) {
        const std::size_t i = rebuild.built.size();
        pointer = rebuild.source->is_object()
                      ? pointer_child(pointer, std::string_view{rebuild.source->as_object()[i].key})
                      : pointer_child(pointer, i);
    }
    return pointer.empty() ? "the value" : pointer;
}

Result<Value> decode_marker(const Value& marker, const std::vector<Rebuild>& open) {
    const Value& text = marker.as_object()[0].value;
    if (!text.is_string()) {
        return fail(JsonErrc::syntax, "at " + pointer_to(open) +
                                          ": \"$bytes\" must be a base64 string, not " +
                                          std::string{kind_name(text)});
    }
    const Result<std::string> bytes = parse_base64(text.as_string());
    if (!bytes) return std::unexpected{bytes.error().during("at", pointer_to(open))};
    return Value::bytes({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()});
}

}  // namespace

Result<Value> decode_bytes(const Value& value) {
    if (!has_marker(value)) return value;
    std::vector<Rebuild> open;
    const Value* next = &value;
    while (true) {
        Value done;
        if (is_marker(*next)) {
            Result<Value> bytes = decode_marker(*next, open);
            if (!bytes) return bytes;
            done = *std::move(bytes);
        } else if (is_container(*next) && next->size() > 0) {
            open.push_back({next, {}});
            next = &child_at(*next, 0);
            continue;
        } else {
            done = *next;
        }
        // Hand the finished value up, through every container that it completes.
        while (!open.empty()) {
            open.back().built.push_back(std::move(done));
            if (open.back().built.size() < open.back().source->size()) break;
            done = std::move(open.back()).finish();
            open.pop_back();
        }
        if (open.empty()) return done;
        next = &child_at(*open.back().source, open.back().built.size());
    }
}

}  // namespace millrace::core
