# SPDX-License-Identifier: Apache-2.0
"""C++ is laid out as clang-format 14 leaves it: other versions differ in details."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

_MESSAGE = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): ", re.M)


def _run(tree, arguments):
    program = shutil.which("clang-format-14")
    if program is None:
        return ["scripts/packages.txt: clang-format-14 is not installed; run scripts/install"]
    files = [source.path for source in tree.cpp]
    count = os.cpu_count() or 1
    parts = [files[index::count] for index in range(count) if files[index::count]]

    def one(part):
        return subprocess.run([program, *arguments, *part], cwd=tree.root, text=True,
                              capture_output=True, check=False).stderr

    with ThreadPoolExecutor(count) as pool:
        output = "".join(pool.map(one, parts))
    first = {}
    for path, line in _MESSAGE.findall(output):
        first.setdefault(path, line)
    return [f"{path}:{line}: not laid out by clang-format 14; scripts/check --fix does it"
            for path, line in first.items()]


def problems(tree):
    return _run(tree, ["--style=file", "--dry-run"])


def fix(tree):
    _run(tree, ["--style=file", "-i"])
