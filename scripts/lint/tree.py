# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and what a path says about each of them."""

import os
import subprocess

CPP = (".cpp", ".hpp")


class Source:
    """One text file; `path` is relative to the project's folder."""

    def __init__(self, path, content):
        self.path = path
        self.content = content
        parts = path.split("/")
        self.name = parts[-1]
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        self.is_cpp = self.name.endswith(CPP)
        self.is_header = self.name.endswith(".hpp")
        self.is_public = self.is_header and self.room is not None and parts[2] == "include"
        # Tests and examples may use clocks, threads and files; what ships may not.
        self.is_test = (self.name.endswith((".test.cpp", ".fuzz.cpp")) or "testing" in parts
                        or "examples" in parts or parts[0] in ("tests", "bench"))
        self._code = None

    @property
    def lines(self):
        return self.content.split("\n")[:-1] if self.content.endswith("\n") \
            else self.content.split("\n")

    @property
    def code(self):
        """The text with comments, literals and preprocessor lines blanked, line by line."""
        if self._code is None:
            from lint import cpp
            self._code = cpp.blank(self.content)
        return self._code


class Tree:
    def __init__(self, root, paths):
        self.root = root
        self.files = []
        for path in sorted(paths):
            full = os.path.join(root, path)
            if not os.path.isfile(full) or os.path.islink(full):
                continue
            with open(full, "rb") as file:
                data = file.read()
            if b"\0" in data or "/corpus/" in path or path.startswith("tests/data/"):
                continue
            self.files.append(Source(path, data.decode("utf-8", "replace")))
        self.by_path = {source.path: source for source in self.files}

    @staticmethod
    def of_git(root):
        # A checkout may belong to another user than the one who checks it.
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=root, capture_output=True, check=False)
        if listed.returncode == 0:
            return Tree(root, {path for path in listed.stdout.decode().split("\0") if path})
        return Tree(root, Tree._walk(root))

    @staticmethod
    def _walk(root):
        """All files of an unpacked archive, which has no git folder to ask."""
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
            yield from (os.path.relpath(os.path.join(folder, name), root) for name in names)

    @property
    def cpp(self):
        return [source for source in self.files if source.is_cpp]

    def rooms(self):
        """cmake/rooms.txt as {room: rooms below it}."""
        table = {}
        for line in self.by_path["cmake/rooms.txt"].lines:
            if line and not line.startswith("#"):
                room, below = line.split(":")
                table[room] = below.split()
        return table
