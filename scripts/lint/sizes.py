# SPDX-License-Identifier: Apache-2.0
"""Sizes beyond which code is split by responsibility. Tables of data do not count."""

from lint import cpp

FUNCTION = 70
TEST = 60
PUBLIC_HEADER = 400
SOURCE = 500
COLUMNS = 100
_NARROW = (".cpp", ".hpp", ".cmake", ".py", "CMakeLists.txt")


def _is_narrow(source):
    return source.name.endswith(_NARROW) or source.content.startswith("#!")


def _columns(source):
    raw = cpp.raw_string_lines(source.content) if source.is_cpp else set()
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS and number not in raw:
            yield f"{source.path}:{number}: {len(line)} columns, limit {COLUMNS}"


def problems(tree):
    for source in tree.files:
        if _is_narrow(source):
            yield from _columns(source)
        if not source.is_cpp:
            continue
        limit = PUBLIC_HEADER if source.is_public else SOURCE
        lines = len(source.lines) - cpp.table_lines(source.code)
        if lines > limit:
            yield f"{source.path}:{limit}: file has {lines} lines, limit {limit}"
        for function in cpp.functions(source.code):
            limit = TEST if cpp.is_test_macro(function.name) else FUNCTION
            if function.lines > limit:
                yield (f"{source.path}:{function.line}: {function.name}() has {function.lines} "
                       f"lines, limit {limit}")
