# SPDX-License-Identifier: Apache-2.0
"""Includes follow cmake/rooms.txt, and a room's private headers stay its own."""

import os

from lint import cpp

NODE_INTERFACE = "millrace/engine/node.hpp"
HEAVY = ("boost/", "simdjson", "yaml-cpp/", "curl/", "sqlite3", "valijson/", "sodium", "spdlog/",
         "fmt/", "CLI/")


def includes(source):
    """(line, is_quoted, what) of each include directive."""
    content = cpp.comments_blanked(source.content)
    for match in cpp.INCLUDE.finditer(content):
        # The directive may begin after blank lines that the pattern's indentation swallowed.
        yield content.count("\n", 0, match.start(1)) + 1, match.group(1) == '"', match.group(2)


def _node_interface(tree):
    """Headers of the engine that the node interface consists of."""
    seen, waiting = set(), [NODE_INTERFACE]
    while waiting:
        header = waiting.pop()
        source = tree.by_path.get("src/engine/include/" + header)
        if header in seen or source is None:
            continue
        seen.add(header)
        waiting += [what for _, _, what in includes(source) if what.startswith("millrace/engine/")]
    return seen


def _is_own(tree, source, what):
    """Whether a quoted include names a file of the same room."""
    room = f"src/{source.room}"
    here = os.path.dirname(source.path)
    for folder in (here, room, room + "/include"):
        path = os.path.normpath(os.path.join(folder, what))
        if path in tree.by_path and path.startswith(room + "/"):
            return True
    return what.startswith("embedded/")


def _problem(tree, table, interface, source, quoted, what):
    if what.startswith("millrace/"):
        room = what.split("/")[1]
        if room != source.room and room not in table[source.room]:
            return f"{source.room} may not use {room}: {what}"
        if source.room == "nodes" and room == "engine" and what not in interface:
            return f"nodes may use only {NODE_INTERFACE} of the engine, not {what}"
        if f"src/{room}/include/{what}" not in tree.by_path:
            return f"there is no public header {what}"
    elif quoted and not _is_own(tree, source, what):
        return f"\"{what}\" is no file of {source.room}; other rooms offer <millrace/...>"
    if source.is_public and not quoted and what.startswith(HEAVY):
        return f"public header includes {what}; keep the library inside the room"
    return None


def problems(tree):
    table = tree.rooms()
    interface = _node_interface(tree)
    for source in tree.cpp:
        if source.room is None:
            continue
        if source.room not in table:
            yield f"{source.path}:1: room {source.room} is not in cmake/rooms.txt"
            continue
        for line, quoted, what in includes(source):
            problem = _problem(tree, table, interface, source, quoted, what)
            if problem:
                yield f"{source.path}:{line}: {problem}"
