// SPDX-License-Identifier: Apache-2.0
#include "atoms.hpp"

#include <array>

#include "generator.hpp"

namespace millrace::differential {
namespace {

using Text = std::string_view;

constexpr auto numbers = std::to_array<Text>({"inputs.n",
                                              "inputs.f",
                                              "inputs.neg",
                                              "inputs.z",
                                              "inputs.nums[1]",
                                              "0",
                                              "1",
                                              "2",
                                              "3",
                                              "-1",
                                              "-2",
                                              "-0",
                                              "0.5",
                                              "1.5",
                                              "-2.5",
                                              "2.5",
                                              "0.1",
                                              "1.005",
                                              "10.235",
                                              "123.456",
                                              "-123.456",
                                              "1e21",
                                              "1e-7",
                                              "5e-324",
                                              "1.7976931348623157e308",
                                              "1234.0625",
                                              "0.000001234",
                                              "NaN",
                                              "Infinity",
                                              "-Infinity",
                                              "2147483648",
                                              "4294967295",
                                              "-2147483649",
                                              "4294967296.5",
                                              "9007199254740991",
                                              "9007199254740993",
                                              "1e300",
                                              "0xff",
                                              "65",
                                              "0x41",
                                              "1000",
                                              "7",
                                              "16",
                                              "36",
                                              "10",
                                              "20",
                                              "100",
                                              "101",
                                              "0.3",
                                              "1/3",
                                              "inputs.row.id",
                                              "inputs.s.length",
                                              "inputs.a.length"});

constexpr auto texts = std::to_array<Text>({"inputs.s",
                                            "inputs.e",
                                            "inputs.num",
                                            "inputs.hex",
                                            "inputs.emoji",
                                            "inputs.list[0]",
                                            "inputs.row.name",
                                            "''",
                                            "'a'",
                                            "'b'",
                                            "'abc'",
                                            "'aXbXc'",
                                            "'abcabc'",
                                            "'aaaa'",
                                            "' '",
                                            "','",
                                            "'10'",
                                            "' 12 '",
                                            "'-0'",
                                            "'1e3'",
                                            "'0x1F'",
                                            "'0b101'",
                                            "'12px'",
                                            "'.5'",
                                            "'-.5e1x'",
                                            "'Infinity'",
                                            "'NaN'",
                                            "'true'",
                                            "'null'",
                                            "'length'",
                                            "'k'",
                                            "'0'",
                                            "'1'",
                                            "'-1'",
                                            "'01'",
                                            R"('\ud83d')",
                                            R"('\ude00')",
                                            R"('a\u{1F600}b')",
                                            R"('\ud83d\ude00')",
                                            R"('x\ud83dy')",
                                            R"('\u0130')",
                                            R"('\u00df')",
                                            R"('\u03a3')",
                                            R"('\u0391\u03a3')",
                                            R"('\u0391\u03a3\u0301.')",
                                            R"('\u01c5\ufb03')",
                                            R"('\u00e9\u0449\u03c9')",
                                            R"('I\u0307')",
                                            R"('\u1e9e\u2126')",
                                            R"('\u00a0x\ufeff\n')",
                                            R"('\t\v\f ')",
                                            R"('\u2028')",
                                            R"('\u0000\u001f')",
                                            R"('"\\/')",
                                            R"('%E2%82%AC')",
                                            R"('%zz')",
                                            R"('%41%2f')",
                                            R"('%F0%9F%98%80%')",
                                            R"('%C3%28')",
                                            R"('a b&c=d/e?f#g')",
                                            R"('\u20ac')",
                                            R"('[1,2,{"a":null}]')",
                                            R"('{"a":1,"a":2,"0":3}')",
                                            R"('{"b":[1e400,-0,1.50],"toJSON":1}')",
                                            R"('[1,]')",
                                            R"(' [ ] ')",
                                            R"('"\\ud83d"')",
                                            R"('"\\u00e9\\n"')",
                                            R"('01')",
                                            R"('-')",
                                            R"('1e5')",
                                            R"('9007199254740993')",
                                            "'the quick brown fox'",
                                            "'$&$1$$'",
                                            R"("$`|$'")",
                                            "'<$&>'",
                                            "`t${inputs.n}`"});

constexpr auto flags = std::to_array<Text>({"true", "false", "inputs.b", "inputs.n > 3"});

constexpr auto lists = std::to_array<Text>({"inputs.a",
                                            "inputs.list",
                                            "inputs.nums",
                                            "inputs.rows",
                                            "inputs.empty",
                                            "inputs.pairs",
                                            "[]",
                                            "[1, 2, 3]",
                                            "[3, 1, 2, 10]",
                                            "['b', 'a', 'c']",
                                            "[1, 'x', null, true]",
                                            "[[1, 2], [3, [4]]]",
                                            "[undefined, 1, NaN]",
                                            "[0, -0, NaN]",
                                            "[null, undefined]",
                                            "['10', 9, '1']",
                                            "[2n, 1n]",
                                            R"(['\ud83d\ude00', '\uff5a', 'z'])",
                                            "[{k: 1}, {k: 2}, {k: 1}]",
                                            "[['a', 1], ['b', 2]]",
                                            "[['2', 1], ['1', 2], ['x', 3]]",
                                            "[5, 5, 4, 4, 3]",
                                            "[[]]",
                                            "[{}]"});

constexpr auto objects = std::to_array<Text>(
    {"inputs.o", "inputs.row", "inputs.none", "inputs.rows[0]", "inputs.tricky", "({})", "({a: 1})",
     "({k: 1, id: 2})", "({b: 1, 2: 'two', 1: 'one', a: [1]})",
     "({name: 'x', k: {deep: [1, {v: 2}]}})", "({a: undefined, b: null})",
     "({'x y': 1, '': 2, '-1': 3})", "({length: 2, 0: 'p', 1: 'q'})", "({k: 1, k: 2})"});

constexpr auto odd =
    std::to_array<Text>({"null", "undefined", "inputs.nul", "inputs.missing", "inputs.big", "5n",
                         "0n", "-2n", "9007199254740993n", "inputs.o.deep", "inputs.o?.deep?.v",
                         "inputs.missing?.x", "inputs.missing.x", "inputs.a[4]", "inputs.a[9]"});

}  // namespace

std::span<const Text> number_atoms() {
    return numbers;
}
std::span<const Text> text_atoms() {
    return texts;
}
std::span<const Text> flag_atoms() {
    return flags;
}
std::span<const Text> list_atoms() {
    return lists;
}
std::span<const Text> object_atoms() {
    return objects;
}
std::span<const Text> odd_atoms() {
    return odd;
}

Text inputs_json() {
    return R"({"n": 7, "z": 0, "f": 2.5, "neg": -3, "s": "abc", "e": "", "num": " 12 ",
 "hex": "0x1F", "b": true, "nul": null, "a": [1, 2, "x", null, [3]], "empty": [],
 "o": {"k": 1, "deep": {"v": "w"}, "length": 9}, "none": {}, "big": 9007199254740993,
 "emoji": "a😀b", "list": ["b", "a", "B", "😀"], "nums": [3, -1, 2.5, 10, 0, 3],
 "row": {"id": 4, "name": "Ada", "tags": ["x", "y"]},
 "rows": [{"id": 2, "k": "b"}, {"id": 1, "k": "a"}, {"id": 2, "k": "c", "name": "z"}],
 "pairs": [["a", 1], ["b", [2]], ["3", 3]], "tricky": {"0": "zero", "__proto__": 5, "z": 1}})";
}

}  // namespace millrace::differential
