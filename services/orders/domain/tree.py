"""The tree that limits stand in: firm > desk > portfolio > strategy, names to the engine's indices."""

import json
from dataclasses import dataclass

from tickmesh.native.engine import NONE

from .faults import UnknownPortfolio, UnknownScope

FIRM, DESK, PORTFOLIO, STRATEGY = "firm", "desk", "portfolio", "strategy"


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the tree. A strategy's id is "portfolio_id/strategy_id"."""

    index: int
    level: str
    id: str
    parent: int

    @property
    def name(self) -> str:
        """Returns the place for people: "firm", "portfolio/demo"."""
        return f"{self.level}/{self.id}" if self.id else self.level

    @property
    def portfolio_id(self) -> str:
        """Returns the portfolio of a portfolio or strategy."""
        return self.id.partition("/")[0]

    @property
    def strategy_id(self) -> str:
        """Returns the strategy, or nothing."""
        return self.id.partition("/")[2]

    def to_text(self) -> str:
        """Returns the node as it stands in the journal."""
        return json.dumps({"index": self.index, "level": self.level, "id": self.id, "parent": self.parent})

    @classmethod
    def from_text(cls, text: str) -> "Node":
        """Returns the node that a journal's text names."""
        return cls(**json.loads(text))


class Tree:
    """All nodes by name and by index. The firm is the first."""

    def __init__(self) -> None:
        self.by_index: list[Node] = []
        self._by_name: dict[tuple[str, str], Node] = {}

    def add(self, node: Node) -> None:
        """Adds a node at the next index."""
        assert node.index == len(self.by_index)
        self.by_index.append(node)
        self._by_name[node.level, node.id] = node

    def next(self, level: str, name: str, parent: int = NONE) -> Node:
        """Returns the node that would be added next."""
        return Node(len(self.by_index), level, name, parent)

    def find(self, level: str, name: str) -> Node | None:
        """Returns a node, or None."""
        return self._by_name.get((level, name))

    def portfolio(self, portfolio_id: str, field: str = "portfolio_id") -> Node:
        """Returns a portfolio's node. Fails with UnknownPortfolio."""
        node = self._by_name.get((PORTFOLIO, portfolio_id))
        if node is None:
            raise UnknownPortfolio(portfolio_id, field)
        return node

    def scope(self, level: str, name: str, field: str) -> Node:
        """Returns the node of a scope. Fails with UnknownScope."""
        node = self._by_name.get((level, name))
        if node is None:
            raise UnknownScope(f"{level}/{name}" if name else level, field)
        return node
