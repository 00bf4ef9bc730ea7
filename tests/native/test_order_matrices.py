"""The order state change matrices of FIX 4.4 and 5.0 (Volume 4, "Order State Change Matrices"), A to E.

The scenarios are told here in our own words and numbers, each under the letter that it has there. A line is a
step of `order_story.py` and what the order's owner hears of it: ExecType, OrdStatus, OrderQty, CumQty,
LeavesQty and, of a refusal or an end, the reason. Two things differ from what FIX draws:

- The engine answers each command at once, so PENDING_NEW, PENDING_CANCEL and PENDING_REPLACE never show. What
  crosses on the way comes in one batch (";"), in the order in which the sequencer took it.
- A replace to no more than has traded (C.3.b, C.3.c) is refused, where a broker might fill the order with
  what it has: an exchange may do either, and a refusal leaves the decision with the owner.
"""

import pytest

from tests.native.order_story import Story
from tickmesh.native.engine import Side

MATRICES = {
    "A.1.a an order fills in three parts": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        fill 3                | TRADE PARTIALLY_FILLED 10 5 5
        fill 5                | TRADE FILLED 10 10 0
    """,
    "A.1.a an order fills at once": """
        offer 10              |
        new 10                | NEW NEW 10 0 10
        replace better        | REPLACED NEW 10 0 10
                              | TRADE FILLED 10 10 0
    """,
    "A.1.b a day order that filled in part is done for the day": """
        new 10 DAY            | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        fill 1                | TRADE PARTIALLY_FILLED 10 3 7
        end-of-day            | EXPIRED EXPIRED 10 3 0
        fill 7                |
    """,
    "A.1.b a day order that nobody met is done for the day": """
        new 10 DAY            | NEW NEW 10 0 10
        end-of-day            | EXPIRED EXPIRED 10 0 0
    """,
    "A.1.b an order good till a time ends at that time": """
        new 10 GTD            | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        end-of-day            |
        wait                  | EXPIRED EXPIRED 10 2 0
    """,
    "B.1.a an order without fills is cancelled": """
        new 10                | NEW NEW 10 0 10
        cancel                | CANCELED CANCELED 10 0 0 REQUESTED
    """,
    "B.1.b fills arrive while the cancel is on its way": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        fill 5; cancel        | TRADE PARTIALLY_FILLED 10 7 3
                              | CANCELED CANCELED 10 7 0 REQUESTED
    """,
    "B.1.c the order is filled before the cancel arrives": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        fill 8; cancel        | TRADE FILLED 10 10 0
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
    """,
    "B.1.c the cancel arrives before the fill": """
        new 10                | NEW NEW 10 0 10
        cancel; fill 10       | CANCELED CANCELED 10 0 0 REQUESTED
        cancel                | CANCEL_REJECTED CANCELED 10 0 0 UNKNOWN_ORDER
    """,
    "B.1.d a cancel follows an order that is not yet acknowledged": """
        new 10; cancel        | NEW NEW 10 0 10
                              | CANCELED CANCELED 10 0 0 REQUESTED
    """,
    "B.1.e a cancel follows an order that is refused": """
        new 0; cancel         | REJECTED REJECTED 0 0 0 INVALID_QUANTITY
                              | CANCEL_REJECTED REJECTED 0 0 0 UNKNOWN_ORDER
    """,
    "B.1.f a cancel names an order that nobody knows": """
        cancel unknown        | CANCEL_REJECTED REJECTED 0 0 0 UNKNOWN_ORDER
    """,
    "C.1.a an order without fills grows": """
        new 10                | NEW NEW 10 0 10
        replace 11            | REPLACED NEW 11 0 11
        fill 1                | TRADE PARTIALLY_FILLED 11 1 10
        fill 10               | TRADE FILLED 11 11 0
    """,
    "C.1.b a fill arrives while the order is to grow": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        fill 1; replace 12    | TRADE PARTIALLY_FILLED 10 2 8
                              | REPLACED PARTIALLY_FILLED 12 2 10
        fill 10               | TRADE FILLED 12 12 0
    """,
    "C.1.c a filled order cannot grow": """
        new 10                | NEW NEW 10 0 10
        fill 10; replace 12   | TRADE FILLED 10 10 0
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
    """,
    "C.1.c an order that grew in time fills further": """
        new 10                | NEW NEW 10 0 10
        replace 12; fill 10   | REPLACED NEW 12 0 12
                              | TRADE PARTIALLY_FILLED 12 10 2
        fill 2                | TRADE FILLED 12 12 0
    """,
    "C.2.a a filled order cannot move": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        fill 9; replace worse | TRADE FILLED 10 10 0
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
    """,
    "C.2.a an order that moved keeps what it has traded": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        replace worse; fill 2 | REPLACED PARTIALLY_FILLED 10 1 9
                              | TRADE PARTIALLY_FILLED 10 3 7
    """,
    "C.3.a the order shrinks to more than has traded": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        fill 5; replace 8     | TRADE PARTIALLY_FILLED 10 6 4
                              | REPLACED PARTIALLY_FILLED 8 6 2
        fill 2                | TRADE FILLED 8 8 0
    """,
    "C.3.b the order shrinks to what has traded": """
        new 10                | NEW NEW 10 0 10
        fill 7; replace 7     | TRADE PARTIALLY_FILLED 10 7 3
                              | CANCEL_REJECTED PARTIALLY_FILLED 10 7 3 QUANTITY_BELOW_FILLED
        fill 3                | TRADE FILLED 10 10 0
    """,
    "C.3.c the order shrinks to less than has traded": """
        new 10                | NEW NEW 10 0 10
        fill 8; replace 7     | TRADE PARTIALLY_FILLED 10 8 2
                              | CANCEL_REJECTED PARTIALLY_FILLED 10 8 2 QUANTITY_BELOW_FILLED
        cancel                | CANCELED CANCELED 10 8 0 REQUESTED
    """,
    "D.1.a two replaces are accepted, one after the other": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        fill 1; replace 8     | TRADE PARTIALLY_FILLED 10 2 8
                              | REPLACED PARTIALLY_FILLED 8 2 6
        fill 2                | TRADE PARTIALLY_FILLED 8 4 4
        replace 6             | REPLACED PARTIALLY_FILLED 6 4 2
        fill 2                | TRADE FILLED 6 6 0
    """,
    "D.1.b a replace is refused for what it says, the next one is accepted": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        replace -8            | CANCEL_REJECTED PARTIALLY_FILLED 10 1 9 INVALID_QUANTITY
        replace 8             | REPLACED PARTIALLY_FILLED 8 1 7
        fill 7                | TRADE FILLED 8 8 0
    """,
    "D.1.c a replace is refused by a limit, the next one is accepted": """
        new 10                | NEW NEW 10 0 10
        limit 12              |
        fill 1; replace 13    | TRADE PARTIALLY_FILLED 10 1 9
                              | CANCEL_REJECTED PARTIALLY_FILLED 10 1 9 POSITION_LIMIT
        fill 2                | TRADE PARTIALLY_FILLED 10 3 7
        replace 12            | REPLACED PARTIALLY_FILLED 12 3 9
        fill 9                | TRADE FILLED 12 12 0
    """,
    "D.2.a two replaces follow one another at once": """
        new 10                | NEW NEW 10 0 10
        fill 1                | TRADE PARTIALLY_FILLED 10 1 9
        replace 8; replace 7  | REPLACED PARTIALLY_FILLED 8 1 7
                              | REPLACED PARTIALLY_FILLED 7 1 6
        fill 6                | TRADE FILLED 7 7 0
    """,
    "D.2.b fills fall between two replaces": """
        new 10                | NEW NEW 10 0 10
        replace 8; fill 2; replace 7 | REPLACED NEW 8 0 8
                              | TRADE PARTIALLY_FILLED 8 2 6
                              | REPLACED PARTIALLY_FILLED 7 2 5
        fill 5                | TRADE FILLED 7 7 0
    """,
    "D.2.c two replaces follow one another and both come too late": """
        new 10                | NEW NEW 10 0 10
        fill 10; replace 8; replace 12 | TRADE FILLED 10 10 0
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
    """,
    "D.2.d the second of two replaces is refused": """
        new 10                | NEW NEW 10 0 10
        replace 8; fill 7; replace 7 | REPLACED NEW 8 0 8
                              | TRADE PARTIALLY_FILLED 8 7 1
                              | CANCEL_REJECTED PARTIALLY_FILLED 8 7 1 QUANTITY_BELOW_FILLED
        fill 1                | TRADE FILLED 8 8 0
    """,
    "D.2.d a cancel follows a replace": """
        new 10                | NEW NEW 10 0 10
        replace 8; cancel     | REPLACED NEW 8 0 8
                              | CANCELED CANCELED 8 0 0 REQUESTED
    """,
    "D.2.d a replace follows a cancel": """
        new 10                | NEW NEW 10 0 10
        cancel; replace 8     | CANCELED CANCELED 10 0 0 REQUESTED
                              | CANCEL_REJECTED CANCELED 10 0 0 UNKNOWN_ORDER
    """,
    "D.2.d a replace fills the order before the cancel arrives": """
        offer 10              |
        new 10                | NEW NEW 10 0 10
        replace better; cancel | REPLACED NEW 10 0 10
                              | TRADE FILLED 10 10 0
                              | CANCEL_REJECTED FILLED 10 10 0 UNKNOWN_ORDER
    """,
    "E.1.b an order that filled in part is cancelled unasked": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        mass-cancel           | CANCELED CANCELED 10 2 0 MASS_CANCEL
    """,
    "E.1.b an order ends with its owner's connection": """
        new 10 CANCEL_ON_DISCONNECT | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        disconnect            | CANCELED CANCELED 10 2 0 DISCONNECTED
    """,
    "E.1.d an order that filled in part is reduced unasked": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        own 3                 | REPLACED PARTIALLY_FILLED 7 2 5 SELF_TRADE
        fill 5                | TRADE FILLED 7 7 0
    """,
    "E.1.f an order waits for its activation": """
        new 10 STOP           | NEW NEW 10 0 10
        offer 4               |
        move                  | TRIGGERED NEW 10 0 10
                              | TRADE PARTIALLY_FILLED 10 3 7
                              | TRADE PARTIALLY_FILLED 10 4 6
                              | CANCELED CANCELED 10 4 0 NO_LIQUIDITY
    """,
    "E.1.f an order that waits for its activation is cancelled": """
        new 10 STOP           | NEW NEW 10 0 10
        cancel                | CANCELED CANCELED 10 0 0 REQUESTED
        move                  |
    """,
    "E.2.a an order repeats a client order id": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        again 15              | REJECTED REJECTED 15 0 0 DUPLICATE_CLIENT_ORDER
        fill 8                | TRADE FILLED 10 10 0
        again 15              | REJECTED REJECTED 15 0 0 DUPLICATE_CLIENT_ORDER
    """,
    "E.4.a an order good till cancelled trades on two days": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        end-of-day            |
        fill 3                | TRADE PARTIALLY_FILLED 10 5 5
        end-of-day            |
        fill 5                | TRADE FILLED 10 10 0
    """,
    "E.4.c an order good till cancelled is cancelled the next day": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        end-of-day            |
        cancel                | CANCELED CANCELED 10 2 0 REQUESTED
    """,
    "E.4.d an order good till cancelled grows the next day": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        end-of-day            |
        replace 15            | REPLACED PARTIALLY_FILLED 15 2 13
        fill 13               | TRADE FILLED 15 15 0
    """,
    "E.5.a an order that is sent twice is entered once": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        resend                |
        fill 8                | TRADE FILLED 10 10 0
    """,
    "E.6.a an order to fill or kill that cannot be filled": """
        offer 9               |
        new 10 FOK            | REJECTED REJECTED 10 0 0 FOK_NOT_FILLABLE
    """,
    "E.6.b an immediate order that nobody meets": """
        new 10 IOC            | NEW NEW 10 0 10
                              | CANCELED CANCELED 10 0 0 NO_LIQUIDITY
    """,
    "E.8.a trading halts and the order stays": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        halt                  |
        fill 2                |
        replace better        | CANCEL_REJECTED PARTIALLY_FILLED 10 2 8 PHASE
        replace 6             | REPLACED PARTIALLY_FILLED 6 2 4
        open                  |
        fill 4                | TRADE FILLED 6 6 0
    """,
    "E.8.b trading halts and the order is cancelled": """
        new 10                | NEW NEW 10 0 10
        fill 2                | TRADE PARTIALLY_FILLED 10 2 8
        halt; cancel          | CANCELED CANCELED 10 2 0 REQUESTED
    """,
}


def rows(matrix: str) -> list[tuple[str, list[str]]]:
    """Steps, each with its reports."""
    found: list[tuple[str, list[str]]] = []
    for line in matrix.strip().splitlines():
        step, _, report = (part.strip() for part in line.partition("|"))
        if step:
            found.append((step, []))
        found[-1][1].extend([report] if report else [])
    return found


@pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name)
@pytest.mark.parametrize("name", MATRICES)
def test_an_order_goes_through_its_states_as_fix_draws_them(name: str, side: Side) -> None:
    story = Story(side)
    for step, reports in rows(MATRICES[name]):
        assert story.tell(step) == reports, step


@pytest.mark.parametrize("name", MATRICES)
def test_what_crosses_on_the_way_is_what_comes_in_that_order(name: str) -> None:
    """A batch decides as single commands do."""
    together, apart = Story(), Story()
    for line, _ in rows(MATRICES[name]):
        heard = [report for step in line.split(";") for report in apart.tell(step)]
        assert together.tell(line) == heard
    assert together.market.engine.state_hash() == apart.market.engine.state_hash()
