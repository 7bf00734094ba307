# SPDX-License-Identifier: Apache-2.0
"""What every file carries, and words that do not ship."""

import re

LICENSE = "SPDX-License-Identifier: Apache-2.0"
_LICENSED = (".cpp", ".hpp", ".cmake", ".py", "CMakeLists.txt")
_MARKS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_PATHS = re.compile(r"(?<![\w.~$})])/(?:work|home|root)/")
# These name the words to forbid them.
_ABOUT_WORDS = ("LICENSE", "scripts/lint/text.py", "scripts/tests/check_test.py", "CONTRIBUTING.md")


def problems(tree):
    for source in tree.files:
        script = source.content.startswith("#!")
        if source.name.endswith(_LICENSED) or script:
            first = source.lines[1 if script else 0] if len(source.lines) > script else ""
            if first not in ("// " + LICENSE, "# " + LICENSE):
                yield f"{source.path}:1: first line is not the {LICENSE} comment"
        if source.is_header and not re.search(r"^#pragma once$", source.content, re.M):
            yield f"{source.path}:1: header lacks #pragma once"
        if source.content and not source.content.endswith("\n") and source.is_cpp:
            yield f"{source.path}:{len(source.lines)}: no newline at the end"
        if source.path in _ABOUT_WORDS:
            continue
        for number, line in enumerate(source.lines, 1):
            for pattern, what in ((_MARKS, "unfinished work"), (_PATHS, "a path of one machine")):
                match = pattern.search(line)
                if match:
                    yield f"{source.path}:{number}: {match.group()} marks {what}; do not ship it"
