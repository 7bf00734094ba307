// SPDX-License-Identifier: Apache-2.0
#include "testing/arbitrary_value.hpp"

#include <string>
#include <vector>

namespace millrace::core {
namespace {

rc::Gen<Value> arbitrary_leaf() {
    const auto bytes = rc::gen::map(rc::gen::arbitrary<std::vector<std::uint8_t>>(),
                                    [](const auto& data) { return Value::bytes(data); });
    const auto text = rc::gen::map(rc::gen::arbitrary<std::string>(),
                                   [](const std::string& s) { return Value{s}; });
    const auto integer =
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return Value{i}; });
    const auto number =
        rc::gen::map(rc::gen::arbitrary<double>(), [](double d) { return Value{d}; });
    const auto boolean = rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Value{b}; });
    return rc::gen::oneOf(rc::gen::just(Value{}), boolean, integer, number, text, bytes);
}

rc::Gen<Value> arbitrary_tree(int levels) {
    if (levels == 0) return arbitrary_leaf();
    const auto children = [levels] {
        return rc::gen::scale(0.3, rc::gen::container<std::vector<Value>>(rc::gen::lazy(
                                       [levels] { return arbitrary_tree(levels - 1); })));
    };
    const auto array = rc::gen::map(
        children(), [](std::vector<Value> elements) { return Value::array(std::move(elements)); });
    const auto object =
        rc::gen::map(rc::gen::pair(children(), rc::gen::arbitrary<std::vector<std::string>>()),
                     [](std::pair<std::vector<Value>, std::vector<std::string>> parts) {
                         std::vector<Member> members;
                         for (std::size_t i = 0; i < parts.first.size(); ++i) {
                             std::string key = i < parts.second.size() ? parts.second[i]
                                                                       : "k" + std::to_string(i);
                             members.push_back({std::move(key), std::move(parts.first[i])});
                         }
                         return Value::object(std::move(members));
                     });
    return rc::gen::oneOf(arbitrary_leaf(), array, object);
}

}  // namespace

rc::Gen<Value> arbitrary_value() {
    return arbitrary_tree(3);
}

Value deep_copy(const Value& value) {
    if (value.is_array()) {
        std::vector<Value> elements;
        for (const Value& element : value.as_array())
            elements.push_back(deep_copy(element));
        return Value::array(std::move(elements));
    }
    if (value.is_object()) {
        std::vector<Member> members;
        for (const Member& member : value.as_object()) {
            members.push_back({member.key, deep_copy(member.value)});
        }
        return Value::object(std::move(members));
    }
    if (value.is_bytes()) return Value::bytes(value.as_bytes());
    return value.is_string() ? Value{std::string{value.as_string()}} : value;
}

}  // namespace millrace::core
