# SPDX-License-Identifier: Apache-2.0
"""The pure rooms get time, ids and input as arguments, and answer the same way every time."""

import re

from lint.layers import includes

PURE = ("core", "ecs", "stream", "expr", "engine")

_HEADERS = {
    "random": "randomness", "thread": "a thread", "stop_token": "a thread", "mutex": "a lock",
    "shared_mutex": "a lock", "condition_variable": "a lock", "semaphore": "a lock",
    "latch": "a lock", "barrier": "a lock", "future": "a thread", "fstream": "a file",
    "filesystem": "a file", "ctime": "a clock", "iostream": "a stream", "istream": "a stream",
    "ostream": "a stream", "sstream": "a stream", "syncstream": "a stream", "locale": "a locale",
    "csignal": "a signal",
}
_USES = (
    (re.compile(r"\b(?:system|steady|high_resolution|utc|tai|gps|file)_clock\b"), "reads a clock"),
    (re.compile(r"(?<![\w.>:])(?:std::)?(?:time\s*\(\s*(?:nullptr|NULL|0|&)|clock\s*\(\s*\)"
                r"|(?:gettimeofday|clock_gettime|localtime|gmtime)\s*\()"), "reads a clock"),
    (re.compile(r"(?<![\w.>])(?:std::)?s?rand\s*\("), "uses randomness"),
    (re.compile(r"\brandom_device\b|\bmt19937(?:_64)?\b"), "uses randomness"),
    (re.compile(r"\b(?:secure_)?getenv\s*\("), "reads the environment"),
    (re.compile(r"(?<![\w.>])(?:std::)?f(?:open|read|scanf)\s*\("), "uses a file"),
    (re.compile(r"(?<![\w.>:])(?:socket|connect|accept)\s*\(\s*\w+\s*,"), "uses a socket"),
    (re.compile(r"\bthis_thread::|\bthread_local\b"), "depends on the thread"),
)
_UNORDERED = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<[^;{}]*?>\s*&?\s*(\w+)\s*[;={(,)]")
_LOOP = re.compile(r"\bfor\s*\([^;()]*?:\s*(?:this->)?(?:\w+(?:\.|->))*(\w+)\s*\)")
_BEGIN = re.compile(r"\b(\w+)\s*(?:\.|->)\s*c?begin\s*\(")
_EXCUSE = "order does not matter"


def _unordered_names(tree, room):
    return {name for source in tree.cpp if source.room == room
            for name in _UNORDERED.findall(source.code)}


def _excused(source, line):
    return any(_EXCUSE in text for text in source.lines[max(0, line - 3):line])


def _iterations(source, names):
    for pattern in (_LOOP, _BEGIN):
        for match in pattern.finditer(source.code):
            line = source.code.count("\n", 0, match.start()) + 1
            if match.group(1) in names and not _excused(source, line):
                yield (f"{source.path}:{line}: iterates over unordered {match.group(1)}; sort "
                       f"first, or say why \"{_EXCUSE}\" in a comment above")


def problems(tree):
    for room in PURE:
        names = _unordered_names(tree, room)
        for source in tree.cpp:
            if source.room != room or source.is_test:
                continue
            for line, quoted, what in includes(source):
                if what in _HEADERS:
                    yield f"{source.path}:{line}: <{what}> brings {_HEADERS[what]} into {room}"
                elif not quoted and not what.startswith("millrace/") and re.search(r"[/.]", what):
                    yield f"{source.path}:{line}: {room} uses the standard library only, not {what}"
            for pattern, what in _USES:
                for match in pattern.finditer(source.code):
                    line = source.code.count("\n", 0, match.start()) + 1
                    yield f"{source.path}:{line}: {room} is pure and {what} here: {match.group()}"
            yield from _iterations(source, names)
