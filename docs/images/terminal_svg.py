#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what a terminal shows as SVG, for the pages:

    tmux capture-pane -e -p | docs/images/terminal_svg.py "what it shows" > docs/images/NAME.svg
"""

import re
import sys
from html import escape

COLORS = {30: "#94a3b8", 31: "#f87171", 32: "#4ade80", 33: "#facc15", 34: "#60a5fa",
          35: "#c084fc", 36: "#22d3ee", 37: "#e2e8f0", 90: "#94a3b8"}
CELL, LINE, PAD = 8.4, 19, 16


def spans(line):
    """(column, text, colour, is bold) of each run of cells that look alike."""
    color, bold, dim, column = None, False, False, 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            for code in [int(c or 0) for c in part[2:-1].split(";")]:
                if code == 0:
                    color, bold, dim = None, False, False
                elif code == 1:
                    bold = True
                elif code == 2:
                    dim = True
                elif code == 22:
                    bold = dim = False
                elif code == 39:
                    color = None
                elif code in COLORS:
                    color = COLORS[code]
        elif part:
            yield column, part, color or ("#94a3b8" if dim else "#e2e8f0"), bold
            column += len(part)


def main():
    title = sys.argv[1] if len(sys.argv) > 1 else "a terminal"
    lines = sys.stdin.read().rstrip("\n ").split("\n")
    if lines[-1].strip() == "$":  # the shell waits for more; a reader does not
        lines.pop()
    columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()) for line in lines)
    width, height = round(columns * CELL + 2 * PAD), round(len(lines) * LINE + 2 * PAD)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
          f'width="{width}" height="{height}" role="img" aria-labelledby="title">')
    print(f'  <title id="title">{escape(title)}</title>')
    print(f'  <rect width="{width}" height="{height}" rx="10" fill="#0f172a"/>')
    print('  <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" '
          'font-size="14" xml:space="preserve">')
    for row, line in enumerate(lines):
        for column, text, color, bold in spans(line.rstrip()):
            if not text.strip():
                continue
            weight = ' font-weight="700"' if bold else ""
            print(f'    <text x="{PAD + column * CELL:.1f}" y="{PAD + row * LINE + 14}" '
                  f'textLength="{len(text) * CELL:.1f}" fill="{color}"{weight}>'
                  f"{escape(text)}</text>")
    print("  </g>\n</svg>")


if __name__ == "__main__":
    main()
