"""The tree that limits stand in."""

import pytest

from tickmesh.services.orders.domain.faults import UnknownPortfolio, UnknownScope
from tickmesh.services.orders.domain.tree import DESK, FIRM, PORTFOLIO, STRATEGY, Node, Tree


@pytest.fixture
def tree() -> Tree:
    tree = Tree()
    for level, name, parent in ((FIRM, "", 0), (DESK, "desk", 0), (PORTFOLIO, "demo", 1)):
        tree.add(tree.next(level, name, parent))
    return tree


def test_a_place_is_found_by_level_and_name(tree: Tree) -> None:
    assert tree.scope(FIRM, "", "scope") == tree.by_index[0]
    assert tree.portfolio("demo").parent == 1
    assert tree.find(STRATEGY, "demo/maker") is None


def test_a_place_tells_people_its_name() -> None:
    assert Node(0, FIRM, "", 0).name == "firm"
    assert Node(3, STRATEGY, "demo/maker", 2).name == "strategy/demo/maker"


def test_a_strategy_belongs_to_its_portfolio() -> None:
    node = Node(3, STRATEGY, "demo/maker", 2)
    assert (node.portfolio_id, node.strategy_id) == ("demo", "maker")
    assert Node(2, PORTFOLIO, "demo", 1).strategy_id == ""


def test_a_desk_and_a_portfolio_may_have_one_name(tree: Tree) -> None:
    tree.add(tree.next(PORTFOLIO, "desk", 1))
    assert tree.find(DESK, "desk") != tree.find(PORTFOLIO, "desk")


def test_a_place_that_does_not_exist_is_named(tree: Tree) -> None:
    with pytest.raises(UnknownPortfolio, match="'nobody' is not open for trading"):
        tree.portfolio("nobody")
    with pytest.raises(UnknownScope, match="scope: 'desk/nobody' does not exist"):
        tree.scope(DESK, "nobody", "scope")


def test_a_place_reads_back_from_the_journal_as_it_was(tree: Tree) -> None:
    assert [Node.from_text(node.to_text()) for node in tree.by_index] == tree.by_index
