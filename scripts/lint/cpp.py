# SPDX-License-Identifier: Apache-2.0
"""Enough of C++ to find functions: no parser, but no surprise on formatted code either."""

import re
from dataclasses import dataclass

_LITERAL = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?:u8|[uUL])?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.S)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.M)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def _hollow(match):
    return re.sub(r"[^\n]", " ", match.group())


def _hollow_literal(match):
    text = match.group()
    if text.startswith("/"):
        return _hollow(match)
    # Quotes stay, so that an argument is still an argument.
    quote = text[-1]
    return quote + re.sub(r"[^\n]", " ", text[1:-1]) + quote


def blank(content):
    """`content` with comments, literals and directives as spaces; lines keep their numbers."""
    return _DIRECTIVE.sub(_hollow, _LITERAL.sub(_hollow_literal, content))


def comments_blanked(content):
    """`content` without its comments, literals kept: to read include directives."""
    return _LITERAL.sub(
        lambda match: _hollow(match) if match.group().startswith("/") else match.group(), content)


def raw_string_lines(content):
    """Numbers of the lines that lie within raw string literals."""
    lines = set()
    for match in _LITERAL.finditer(content):
        if match.group("mark") is not None:
            first = content.count("\n", 0, match.start()) + 1
            lines.update(range(first, first + match.group().count("\n") + 1))
    return lines


@dataclass
class Function:
    name: str
    line: int
    lines: int


_TEST = re.compile(r"^(?:TYPED_TEST(?:_P)?|TEST(?:_[FP])?|RC_GTEST_(?:FIXTURE_)?PROP)$")
_CONSTRUCTOR = re.compile(r"\)\s*(?:noexcept\s*(?:\([^()]*\))?\s*)?:(?!:)")
_TYPE = re.compile(r"^(?:\[\[[^\]]*\]\]\s*)?(?:typedef\s+)?(?:class|struct|union|enum)\b")
_NAMESPACE = re.compile(r'^(?:inline\s+)?(?:namespace\b|extern\s*")')
_NAME = re.compile(r"((?:operator\s*(?:\(\s*\)|[^\s(]+|\s\w+))|~?[A-Za-z_]\w*)\s*$")


def is_test_macro(name):
    return bool(_TEST.match(name))


def _without_templates(header):
    """Drops leading `template <...>` and `requires` clauses' templates from a declaration."""
    header = header.strip()
    while header.startswith("template"):
        depth = 0
        for index, char in enumerate(header):
            depth += (char == "<") - (char == ">")
            if char == ">" and depth == 0:
                header = header[index + 1:].strip()
                break
        else:
            return ""
    return header


def _top_level(header):
    """`header` with everything inside parentheses or brackets removed."""
    kept, depth = [], 0
    for char in header:
        if char in ")]":
            depth -= 1
        if depth == 0:
            kept.append(char)
        if char in "([":
            depth += 1
    return "".join(kept)


def _kind(header):
    """What the brace after `header` opens: a namespace, a type, a function or a table."""
    header = _without_templates(header)
    if _NAMESPACE.match(header):
        return "namespace", ""
    if _TYPE.match(header) and "(" not in re.sub(r"alignas\s*\([^)]*\)", "", header):
        return "type", ""
    outer = _top_level(header)
    before, found, _ = outer.partition("(")
    if not found:
        return "table", ""
    if "=" in re.sub(r"operator\s*\S+", "", before):
        return "table", ""
    if before.rstrip().endswith("operator"):
        return "function", "operator()"
    name = _NAME.search(before)
    return ("function", name.group(1)) if name else ("table", "")


def _end_of(code, start):
    """Index of the brace that closes the one at `start`."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


def _line_of(code, index):
    return code.count("\n", 0, index) + 1


def table_lines(code, start=0, end=None):
    """Lines in code[start:end] that are the inside of `= {...}`: data, not logic."""
    total, index = 0, start
    end = len(code) if end is None else end
    pattern = re.compile(r"(?:=\s*|[\w>]\{)\{")
    while match := pattern.search(code, index, end):
        close = _end_of(code, match.end() - 1)
        total += max(0, code.count("\n", match.start(), close) - 1)
        index = max(close, match.end())
    return total


def functions(code):
    """Functions with a body in blanked `code`; a table of data inside one does not count."""
    found = []
    begin = index = 0
    pattern = re.compile(r"[{};]|\b(?:public|private|protected)\s*:")
    while match := pattern.search(code, index):
        index = match.end()
        if match.group() != "{":
            header = code[begin:match.start()]
            # A semicolon inside parentheses would be a for loop; those lie in bodies, skipped.
            if header.count("(") == header.count(")"):
                begin = index
            continue
        header = code[begin:match.start()]
        kind, name = _kind(header)
        if kind in ("namespace", "type"):
            begin = index
            continue
        close = _end_of(code, match.start())
        tail = header.rstrip()
        member = _CONSTRUCTOR.search(header) and re.search(r"[\w>]$", tail)
        if member or re.search(r"\brequires\s*(?:\([^()]*\))?$", tail) \
                or header.count("(") != header.count(")"):
            index = close + 1
            continue
        if kind == "function":
            first = begin + len(header) - len(header.lstrip())
            lines = _line_of(code, close) - _line_of(code, first) + 1
            lines -= table_lines(code, match.end(), close)
            found.append(Function(name, _line_of(code, first), lines))
            begin = close + 1
        index = close + 1
    return found
