"""Draws folded stacks as a flame graph: an SVG that needs nothing else, in which frames tell what they are.

    python -m tests.benchmarks.orders.profile build/profile
    python docs/images/make_flame_graph.py build/profile/orders.folded docs/images/orders-flame.svg orders

The last word is the title. A frame is as wide as its share of the samples and stands on its caller; those
below a part in 400 are left out.
"""

import sys
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from zlib import crc32

WIDTH, ROW, HEAD = 1_200, 17, 34
LEAST = 1 / 400  # of all samples
LETTER = 6.4  # pixels
STYLE = "text{font:11px monospace;fill:#1b1b1b;pointer-events:none}.h{font:14px sans-serif}rect{stroke:#fff}"
HUES = {"grpc": 205, "native": 120, "sql": 45, "tickmesh": 18}
OTHER_HUE = 280


@dataclass
class Frame:
    """A function in a place of the stack, and those that it calls."""

    count: int = 0
    calls: dict[str, "Frame"] = field(default_factory=dict)

    def add(self, names: list[str], count: int) -> None:
        """Adds a stack below this frame."""
        here = self
        here.count += count
        for name in names:
            here = here.calls.setdefault(name, Frame())
            here.count += count

    def depth(self, least: float) -> int:
        """Returns how many frames stand on each other at most, of those that are drawn."""
        drawn = [frame for frame in self.calls.values() if frame.count >= least]
        return 1 + max((frame.depth(least) for frame in drawn), default=0)


def read(file: Path) -> Frame:
    """Returns the tree of a file of folded stacks."""
    root = Frame()
    for line in file.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        root.add(stack.split(";"), int(count))
    return root


def colour(name: str) -> str:
    """Returns the colour of a frame: its hue says where it comes from."""
    words = name.lower()
    hue = next((hue for part, hue in HUES.items() if part in words), OTHER_HUE)
    return f"hsl({hue},70%,{66 + crc32(name.encode()) % 14}%)"


def draw(root: Frame, title: str) -> str:
    """Returns the SVG."""
    least = root.count * LEAST
    height = HEAD + root.depth(least) * ROW
    parts: list[str] = []
    _draw_calls(root, 0.0, height - ROW, root.count, parts)
    head = f'<text class="h" x="8" y="20">{escape(title)}: {root.count:,} samples</text>'
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{head}{"".join(parts)}</svg>\n'
    )


def _draw_calls(frame: Frame, left: float, top: float, total: int, into: list[str]) -> None:
    for name, call in sorted(frame.calls.items()):
        width = WIDTH * call.count / total
        if call.count >= total * LEAST:
            into.append(_box(name, left, top, width, call.count / total))
            _draw_calls(call, left, top - ROW, total, into)
        left += width


def _box(name: str, left: float, top: float, width: float, share: float) -> str:
    place = f'x="{left:.1f}" y="{top:.0f}"'
    told = f"<title>{escape(name)}: {share:.1%}</title>"
    box = f'<rect {place} width="{width:.1f}" height="{ROW}" fill="{colour(name)}"/>'
    letters = int((width - 4) / LETTER)
    words = name if len(name) <= letters else name[: max(letters - 1, 0)] + "…"
    text = f'<text x="{left + 2:.1f}" y="{top + 12:.0f}">{escape(words)}</text>' if letters > 3 else ""
    return f"<g>{told}{box}{text}</g>"


if __name__ == "__main__":
    source, target, words = sys.argv[1:4]
    Path(target).write_text(draw(read(Path(source)), words))
