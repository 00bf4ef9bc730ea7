"""The words beside a command in the journal: what its numbers mean.

A new order's text is its client_order_id. A control's text is lines, each a letter for the kind and
a JSON object: an instrument, a node of the tree, a conversion rate, or the request that it ends.
"""

from collections.abc import Iterator

LISTING, NODE, RATE, REQUEST = "L", "N", "C", "R"


def part(kind: str, body: str) -> str:
    """Returns one line."""
    return kind + body


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Yields kind and body of each line."""
    for line in text.split("\n"):
        if line:
            yield line[0], line[1:]
