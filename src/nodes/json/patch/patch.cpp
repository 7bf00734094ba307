// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "behaviours.hpp"
#include "field.hpp"
#include "field_reader.hpp"
#include "items.hpp"
#include "json/patch/json_tree.hpp"

// JSON Patch (RFC 6902) with JSON Pointers (RFC 6901).

namespace millrace::nodes {
namespace {

using core::Failure;
using core::Value;
using Tokens = std::vector<std::string>;
/// Nothing when all is well.
using Wrong = std::optional<std::string>;

constexpr std::size_t operations_max = 10'000;
constexpr std::size_t tokens_max = 200;
/// Elements that may be moved along, compared and copied by all operations of a patch together.
constexpr std::size_t cost_max = 50'000'000;

/// The error says what is wrong with the pointer.
std::expected<Tokens, std::string> read_pointer(std::string_view pointer) {
    Tokens tokens;
    if (pointer.empty()) return tokens;
    if (pointer.front() != '/') {
        return std::unexpected{"\"" + std::string{pointer} +
                               "\" is no JSON Pointer; it begins "
                               "with `/`, or is empty for the whole"};
    }
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        if (pointer[i] == '/') {
            tokens.emplace_back();
            if (tokens.size() > tokens_max) {
                return std::unexpected{"a pointer has at most " + std::to_string(tokens_max) +
                                       " parts"};
            }
        } else if (pointer[i] != '~') {
            tokens.back() += pointer[i];
        } else {
            const char next = i + 1 < pointer.size() ? pointer[++i] : '\0';
            if (next != '0' && next != '1') {
                return std::unexpected{
                    std::string{"in a JSON Pointer `~` is written `~0`, and a "
                                "`/` within a name `~1`"}};
            }
            tokens.back() += next == '0' ? '~' : '/';
        }
    }
    return tokens;
}

/// Without leading zeros and signs, as the RFC wants it.
std::optional<std::size_t> read_index(const std::string& token) {
    if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
    std::size_t index = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), index);
    if (read.ec != std::errc{} || read.ptr != token.data() + token.size()) return std::nullopt;
    return index;
}

JsonTree* child(JsonTree& tree, const std::string& token) {
    if (!tree.is_array()) return tree.member(token);
    const std::optional<std::size_t> index = read_index(token);
    return index ? tree.element(*index) : nullptr;
}

/// The value at the first `count` tokens, or null pointer.
JsonTree* find(JsonTree& root, const Tokens& tokens, std::size_t count) {
    JsonTree* tree = &root;
    for (std::size_t i = 0; i < count && tree != nullptr; ++i)
        tree = child(*tree, tokens[i]);
    return tree;
}

std::string pointer_of(const Tokens& tokens) {
    std::string pointer;
    for (const std::string& token : tokens)
        pointer = core::pointer_child(pointer, token);
    return "\"" + pointer + "\"";
}

class Patch {
public:
    explicit Patch(const Value& target) : root_{target} {}

    /// Applies one operation; the tree is of no use after a failure.
    Wrong apply(const Value& operation) {
        const Value* const op = operation.find("op");
        if (op == nullptr || !op->is_string()) {
            return "`op` must be add, remove, replace, move, copy or test";
        }
        const auto path = pointer_at(operation, "path");
        if (!path) return path.error();
        const std::string_view name = op->as_string();
        if (name == "remove") return remove(*path);
        if (name == "move" || name == "copy") return transfer(operation, *path, name == "move");
        const Value* const value = operation.find("value");
        const bool is_known = name == "add" || name == "replace" || name == "test";
        if (!is_known) {
            return "`op` must be add, remove, replace, move, copy or test, not \"" +
                   std::string{name} + "\"";
        }
        if (value == nullptr) return "`" + std::string{name} + "` needs a `value`";
        if (name == "add") return add(*path, *value);
        JsonTree* const found = find(root_, *path, path->size());
        if (found == nullptr) return nothing_at(*path);
        if (name == "replace") {
            found->replace(*value);
            return std::nullopt;
        }
        const Value now = found->value();
        if (!(now == *value)) {
            return "the test fails: " + pointer_of(*path) + " is " + shown(now) + ", not " +
                   shown(*value);
        }
        return spend(now.element_count());
    }

    Value result() const { return root_.value(); }

private:
    static std::expected<Tokens, std::string> pointer_at(const Value& operation,
                                                         std::string_view key) {
        const Value* const pointer = operation.find(key);
        if (pointer != nullptr && pointer->is_string()) return read_pointer(pointer->as_string());
        return std::unexpected{"`" + std::string{key} + "` must be a JSON Pointer, such as /a/0"};
    }

    static std::string nothing_at(const Tokens& path) {
        return "there is nothing at " + pointer_of(path);
    }

    Wrong spend(std::size_t elements) {
        if (elements <= left_) {
            left_ -= elements;
            return std::nullopt;
        }
        return "the patch moves and compares more than " + std::to_string(cost_max) +
               " elements; let it change the ends of large arrays, or whole arrays";
    }

    Wrong add(const Tokens& path, const Value& value) {
        if (path.empty()) {
            root_.replace(value);
            return std::nullopt;
        }
        JsonTree* const parent = find(root_, path, path.size() - 1);
        if (parent != nullptr && parent->is_object()) {
            parent->set(path.back(), value);
            return std::nullopt;
        }
        if (parent == nullptr || !parent->is_array()) {
            return "there is no object or array to hold " + pointer_of(path);
        }
        const auto index = path.back() == "-" ? parent->size() : read_index(path.back());
        if (!index || *index > parent->size()) {
            return "the array has " + std::to_string(parent->size()) + " elements, so " +
                   pointer_of(path) + " is no place in it; `-` is its end";
        }
        if (Wrong wrong = spend(parent->size() - *index)) return wrong;
        parent->insert(*index, value);
        return std::nullopt;
    }

    Wrong remove(const Tokens& path) {
        if (find(root_, path, path.size()) == nullptr) return nothing_at(path);
        if (path.empty()) {
            root_.replace({});
            return std::nullopt;
        }
        JsonTree& parent = *find(root_, path, path.size() - 1);
        if (parent.is_array()) {
            const std::size_t index = *read_index(path.back());
            if (Wrong wrong = spend(parent.size() - index)) return wrong;
            parent.erase(index);
        } else {
            parent.erase(std::string_view{path.back()});
        }
        return std::nullopt;
    }

    Wrong transfer(const Value& operation, const Tokens& path, bool moves) {
        const auto from = pointer_at(operation, "from");
        if (!from) return from.error();
        JsonTree* const source = find(root_, *from, from->size());
        if (source == nullptr) return nothing_at(*from);
        if (moves && *from == path) return std::nullopt;
        const Value value = source->value();
        if (Wrong wrong = spend(value.element_count())) return wrong;
        if (!moves) return add(path, value);
        if (from->size() < path.size() && std::equal(from->begin(), from->end(), path.begin())) {
            return "a value cannot be moved into itself";
        }
        if (Wrong wrong = remove(*from)) return wrong;
        return add(path, value);
    }

    JsonTree root_;
    std::size_t left_ = cost_max;
};

class JsonPatch final : public engine::NodeBehaviour {
public:
    engine::NodeOutcome start(const engine::NodeCall& call) const override {
        const Value& operations = call.field("patch");
        std::optional<Failure> failure;
        FieldReader fields{call.data, {}, failure};
        if (!operations.is_array()) fields.refuse("patch", "an array of operations");
        if (failure) return *failure;
        if (operations.size() > operations_max) {
            return limit_failure("too_many_operations",
                                 "a patch may have " + std::to_string(operations_max) +
                                     " operations, not " + std::to_string(operations.size()));
        }
        Patch patch{call.input()};
        std::size_t place = 0;
        for (const Value& operation : operations.as_array()) {
            if (const Wrong wrong = patch.apply(operation)) {
                const std::string pointer = core::pointer_child("/patch", place);
                const Value* const op = operation.find("op");
                const bool is_test = op != nullptr && *op == Value{"test"};
                return at_pointer(engine::validation_failure(is_test ? "test_failed" : "bad_patch",
                                                             pointer + ": " + *wrong),
                                  pointer);
            }
            ++place;
        }
        return engine::Emit::out(patch.result());
    }
};

}  // namespace

Behaviour json_patch() {
    return std::make_shared<JsonPatch>();
}

}  // namespace millrace::nodes
