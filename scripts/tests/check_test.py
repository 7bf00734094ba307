# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check finds a violation planted for it, and spares what is allowed."""

import os
import shutil
import tempfile
import unittest

from lint import cpp, layers, layout, purity, sizes, text
from lint.tree import Tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class Planted(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.paths = []
        for path in ("cmake/rooms.txt", ".clang-format"):
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                self.plant(path, file.read())
        self.plant("src/core/include/millrace/core/value.hpp", SPDX + "#pragma once\n")
        self.plant("src/engine/include/millrace/engine/node.hpp",
                   SPDX + "#pragma once\n#include <millrace/engine/port.hpp>\n")
        self.plant("src/engine/include/millrace/engine/port.hpp", SPDX + "#pragma once\n")
        self.plant("src/engine/include/millrace/engine/shard.hpp", SPDX + "#pragma once\n")

    def plant(self, path, content):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(content)
        self.paths.append(path)

    def found(self, rule, path, content):
        """Problems that `rule` has with a file, as `line: message`."""
        self.plant(path, content)
        tree = Tree(self.root, set(self.paths))
        return [problem[len(path) + 1:] for problem in rule.problems(tree)
                if problem.startswith(path + ":")]


class Layers(Planted):
    def test_upward_include(self):
        self.assertEqual(
            self.found(layers, "src/core/x.cpp", SPDX + "#include <millrace/engine/shard.hpp>\n"),
            ["2: core may not use engine: millrace/engine/shard.hpp"])

    def test_sideways_include(self):
        self.assertIn("expr may not use ecs", self.found(
            layers, "src/expr/x.cpp", '#include "millrace/ecs/world.hpp"\n')[0])

    def test_relative_include_of_another_room(self):
        self.plant("src/core/private.hpp", SPDX)
        self.assertIn("is no file of expr", self.found(
            layers, "src/expr/x.cpp", '#include "../core/private.hpp"\n')[0])

    def test_downward_and_own_includes_pass(self):
        self.plant("src/engine/own.hpp", SPDX)
        self.assertEqual([], self.found(
            layers, "src/engine/systems/x.cpp",
            '#include <millrace/core/value.hpp>\n#include "own.hpp"\n#include "../own.hpp"\n'))

    def test_missing_public_header(self):
        self.assertIn("no public header", self.found(
            layers, "src/engine/x.cpp", "#include <millrace/core/nothing.hpp>\n")[0])

    def test_include_in_a_comment_passes(self):
        self.assertEqual([], self.found(
            layers, "src/core/x.cpp", "/*\n#include <millrace/engine/shard.hpp>\n*/\n"))

    def test_nodes_see_only_the_node_interface(self):
        self.assertEqual(
            ["3: nodes may use only millrace/engine/node.hpp of the engine, "
             "not millrace/engine/shard.hpp"],
            self.found(layers, "src/nodes/x.cpp", "#include <millrace/engine/node.hpp>\n"
                       "#include <millrace/engine/port.hpp>\n"
                       "#include <millrace/engine/shard.hpp>\n"))

    def test_heavy_library_in_a_public_header(self):
        self.assertIn("keep the library inside", self.found(
            layers, "src/store/include/millrace/store/x.hpp", "#include <sqlite3.h>\n")[0])

    def test_unknown_room(self):
        self.assertIn("is not in cmake/rooms.txt", self.found(layers, "src/attic/x.cpp", "")[0])


class Purity(Planted):
    def one(self, content, room="engine"):
        problems = self.found(purity, f"src/{room}/x.cpp", content)
        self.assertEqual(1, len(problems), problems)
        return problems[0]

    def test_clock(self):
        self.assertIn("reads a clock", self.one("auto t = std::chrono::steady_clock::now();\n"))
        self.assertIn("reads a clock", self.one("auto t = std::time(nullptr);\n"))

    def test_randomness(self):
        self.assertIn("randomness", self.one("#include <random>\n", "core"))
        self.assertIn("randomness", self.one("int x = rand();\n"))

    def test_environment_files_sockets_threads(self):
        for content in ('auto x = std::getenv("A");', "#include <fstream>",
                        "#include <filesystem>", "#include <thread>", "#include <mutex>",
                        "#include <iostream>", "int s = socket(AF_INET, SOCK_STREAM, 0);",
                        "thread_local int x;", 'auto* f = std::fopen("a", "r");'):
            with self.subTest(content):
                self.one(content + "\n", "ecs")

    def test_foreign_library(self):
        self.assertIn("standard library only", self.one("#include <fmt/core.h>\n", "core"))
        self.assertIn("standard library only", self.one("#include <unistd.h>\n", "core"))

    def test_iteration_over_unordered(self):
        declared = "std::unordered_map<int, std::pair<int, int>> seen_;\n"
        self.assertIn("unordered seen_", self.one(declared + "for (auto& [a, b] : seen_) {}\n"))
        self.assertIn("unordered seen_", self.one(declared + "auto first = seen_.begin();\n"))

    def test_explained_iteration_and_lookup_pass(self):
        self.assertEqual([], self.found(
            purity, "src/engine/x.cpp",
            "std::unordered_set<int> seen;\n// Only counts: order does not matter.\n"
            "for (int a : seen) {}\nif (seen.find(1) == seen.end()) {}\n"))

    def test_calendar_member_names_and_text_pass(self):
        self.assertEqual([], self.found(
            purity, "src/core/x.cpp",
            "#include <chrono>\nstd::chrono::year_month_day day;\nframe.time();\n"
            "// steady_clock is for others\nauto text = \"rand()\";\n"))

    def test_other_rooms_and_tests_are_free(self):
        self.assertEqual([], self.found(purity, "src/runtime/x.cpp", "#include <thread>\n"))
        self.assertEqual([], self.found(purity, "src/core/x.test.cpp", "#include <thread>\n"))


def body(lines):
    return "".join(f"    use({number});\n" for number in range(lines))


class Sizes(Planted):
    def test_function(self):
        self.assertEqual(
            ["2: route() has 71 lines, limit 70"],
            self.found(sizes, "src/core/x.cpp", SPDX + f"void route(int a) {{\n{body(69)}}}\n"))
        self.assertEqual([], self.found(
            sizes, "src/core/x.cpp", SPDX + f"void route(int a) {{\n{body(68)}}}\n"))

    def test_test(self):
        self.assertEqual(["1: TEST() has 61 lines, limit 60"], self.found(
            sizes, "src/core/x.test.cpp", f"TEST(A, B) {{\n{body(59)}}}\n"))

    def test_public_header_and_source(self):
        self.assertEqual(["400: file has 401 lines, limit 400"], self.found(
            sizes, "src/core/include/millrace/core/x.hpp", "int x;\n" * 401))
        self.assertEqual(["500: file has 501 lines, limit 500"], self.found(
            sizes, "src/core/x.cpp", "int x;\n" * 501))

    def test_columns(self):
        self.assertEqual(["1: 101 columns, limit 100"], self.found(
            sizes, "src/core/x.cpp", "//" + "x" * 99 + "\n"))
        self.assertEqual([], self.found(
            sizes, "src/core/x.cpp", 'auto x = R"(\n' + "x" * 150 + '\n)";\n'))

    def test_a_table_does_not_count(self):
        table = "constexpr int all[] = {\n" + "    1,\n" * 600 + "};\n"
        self.assertEqual([], self.found(sizes, "src/core/x.cpp", table))
        self.assertEqual([], self.found(sizes, "src/core/x.cpp", f"void f() {{\n{table}}}\n"))


class Functions(unittest.TestCase):
    def names(self, content):
        return [(found.name, found.line, found.lines)
                for found in cpp.functions(cpp.blank(content))]

    def test_members_constructors_operators_and_templates(self):
        self.assertEqual(
            [("A", 4, 2), ("get", 6, 1), ("operator==", 7, 3), ("make", 12, 3), ("~B", 15, 1)],
            self.names("namespace a {\nclass A {\npublic:\n    A(int a) : a_{a}, b_(a) {\n"
                       "    }\n    int get() const { return a_; }\n"
                       "    bool operator==(const A& o) const {\n        return a_ == o.a_;\n"
                       "    }\n    int a_{};\n};\n"
                       "template <class T>\nauto make(T t = {}) -> std::vector<T> {\n}\n"
                       "B::~B() { x(); }\n}\n"))

    def test_braces_in_text_and_comments_are_no_braces(self):
        self.assertEqual([("f", 1, 4), ("g", 5, 1)], self.names(
            'void f() {\n    // }\n    x = "}" + \'{\' + R"({{)";\n}\nvoid g() {}\n'))

    def test_lambdas_and_loops_belong_to_their_function(self):
        self.assertEqual([("f", 1, 4)], self.names(
            "void f() {\n    auto g = [](int a) { return a; };\n"
            "    for (int i = 0; i < 1; ++i) { g(i); }\n}\n"))


class Text(Planted):
    def test_licence_and_pragma(self):
        self.assertIn("first line", self.found(text, "src/core/x.cpp", "int x;\n")[0])
        self.assertIn("pragma once", self.found(text, "src/core/x.hpp", SPDX)[0])
        self.assertIn("first line", self.found(text, "scripts/x", "#!/bin/sh\necho\n")[0])

    def test_unfinished_work(self):
        for word in ("TODO", "FIXME", "XXX", "HACK"):
            self.assertIn("unfinished", self.found(text, "README.md", f"a {word}: b\n")[0])

    def test_machine_paths(self):
        for folder in ("work", "home", "root"):
            self.assertIn("one machine", self.found(text, "docs/x.md", f"see /{folder}/x\n")[0])
        self.assertEqual([], self.found(text, "docs/x.md", "at build/work/x, mktemp XXXXXX\n"))


class Layout(Planted):
    def test_layout(self):
        self.assertIn("not laid out", self.found(layout, "src/core/x.cpp", "int  x;\n")[0])
        self.assertEqual([], self.found(layout, "src/core/x.cpp", "int x;\n"))


if __name__ == "__main__":
    unittest.main()
