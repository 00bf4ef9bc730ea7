"""Scopes, limits, severities and conversion rates, as rules alone."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.risk.domain.conversion import Conversions, Pair
from tickmesh.services.risk.domain.events import Refusal, Severity, breach_of, limit_changed, state_changed
from tickmesh.services.risk.domain.limits import (
    InvalidLimitValue,
    LimitKey,
    LimitType,
    UnknownLimit,
    bound_of,
    key_of_id,
)
from tickmesh.services.risk.domain.rulebook import RuleBook, Signature
from tickmesh.services.risk.domain.scopes import InvalidScope, Level, Scope
from tickmesh.services.risk.domain.states import State, StateRecord, is_opening

FIRM = Scope(Level.FIRM)
AAPL = Scope(Level.FIRM, symbol="AAPL")
DEMO = Scope(Level.PORTFOLIO, "demo")
NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,47}", fullmatch=True)
SYMBOLS = st.just("") | st.from_regex(r"[A-Z0-9][A-Z0-9._-]{0,23}", fullmatch=True)
SCOPES = st.one_of(
    st.builds(Scope, st.just(Level.FIRM), st.just(""), SYMBOLS),
    st.builds(Scope, st.sampled_from([Level.DESK, Level.PORTFOLIO]), NAMES, SYMBOLS),
    st.builds(lambda a, b, c: Scope(Level.STRATEGY, f"{a}/{b}", c), NAMES, NAMES, SYMBOLS),
)
BY = Signature("ann", 7)


@given(SCOPES, st.sampled_from(list(LimitType)))
def test_an_id_names_its_limit_and_fits_into_a_url(scope: Scope, limit_type: LimitType) -> None:
    scope.check()
    key = LimitKey(scope, limit_type)
    assert key_of_id(key.limit_id) == key
    assert not set(key.limit_id) & set("/?#% ")


def test_ids_read_as_documented() -> None:
    assert LimitKey(DEMO, LimitType.ORDER_RATE).limit_id == "portfolio:demo::ORDER_RATE"
    assert (
        LimitKey(Scope(Level.FIRM, symbol="AAPL"), LimitType.PRICE_COLLAR).limit_id
        == "firm::AAPL:PRICE_COLLAR"
    )
    strategy = Scope(Level.STRATEGY, "demo/maker")
    assert LimitKey(strategy, LimitType.ORDER_RATE).limit_id == "strategy:demo~maker::ORDER_RATE"


@pytest.mark.parametrize(
    "limit_id", ["", "x", "firm:::NOTHING", "moon:a::ORDER_RATE", "FIRM:::ORDER_RATE", "::::"]
)
def test_an_id_that_can_name_nothing_is_unknown(limit_id: str) -> None:
    with pytest.raises(UnknownLimit):
        key_of_id(limit_id)


@pytest.mark.parametrize(
    ("scope", "limit_type", "field"),
    [
        (Scope(Level.FIRM, "demo"), LimitType.ORDER_RATE, "scope.id"),
        (Scope(Level.DESK), LimitType.ORDER_RATE, "scope.id"),
        (Scope(Level.PORTFOLIO, "a/b"), LimitType.ORDER_RATE, "scope.id"),
        (Scope(Level.STRATEGY, "maker"), LimitType.ORDER_RATE, "scope.id"),
        (Scope(Level.STRATEGY, "a/b/c"), LimitType.ORDER_RATE, "scope.id"),
        (Scope(Level.FIRM, symbol="a b"), LimitType.POSITION, "scope.symbol"),
        (FIRM, LimitType.PRICE_COLLAR, "scope.symbol"),
        (DEMO, LimitType.POSITION, "scope.symbol"),
        (DEMO, LimitType.ORDER_QUANTITY, "scope.symbol"),
        (replace(DEMO, symbol="AAPL"), LimitType.ORDER_RATE, "scope.symbol"),
        (replace(DEMO, symbol="AAPL"), LimitType.GROSS_EXPOSURE, "scope.symbol"),
    ],
)
def test_a_type_and_a_scope_that_do_not_fit_name_the_field(
    scope: Scope, limit_type: LimitType, field: str
) -> None:
    with pytest.raises(InvalidScope) as refused:
        LimitKey(scope, limit_type).check()
    assert refused.value.fields[0].field == field


def test_rates_and_collars_are_whole_numbers() -> None:
    assert bound_of(LimitType.POSITION, "0.5") == Decimal("0.5")
    for limit_type in (LimitType.ORDER_RATE, LimitType.PRICE_COLLAR):
        with pytest.raises(InvalidLimitValue):
            bound_of(limit_type, "0.5")


def test_versions_rise_over_a_removal_and_a_removed_limit_is_not_removed_twice() -> None:
    rules, key = RuleBook(), LimitKey(DEMO, LimitType.ORDER_RATE)
    for value, version in (("10", 1), (None, 2), ("20", 3)):
        outcome = rules.with_limits({key: value}, BY)
        assert outcome.limits[0].version == version
        rules.adopt(outcome)
        if value is None:
            assert rules.limits() == []
            assert rules.was_touched(key)
            with pytest.raises(UnknownLimit):
                rules.with_limits({key: None}, BY)
    assert [limit.value for limit in rules.limits()] == ["20"]


def test_what_lets_more_through_is_worse() -> None:
    key = LimitKey(DEMO, LimitType.ORDER_RATE)
    changes = [(None, "10"), ("10", "9"), ("10", "11"), ("10", None)]
    severities = [limit_changed(key, before, after, "ann", 1).severity for before, after in changes]
    assert severities == [Severity.LOW, Severity.LOW, Severity.MEDIUM, Severity.MEDIUM]
    assert is_opening(State.HALTED, State.REDUCING)
    assert not is_opening(State.ACTIVE, State.HALTED)


def test_a_halt_of_the_whole_firm_is_critical() -> None:
    wanted = [(FIRM, State.HALTED), (DEMO, State.HALTED), (FIRM, State.REDUCING), (FIRM, State.ACTIVE)]
    events = [
        state_changed(StateRecord(scope, state, "why", "ann", 1, 3), State.ACTIVE) for scope, state in wanted
    ]
    assert [event.severity for event in events] == ["CRITICAL", "HIGH", "MEDIUM", "LOW"]
    assert events[1].message == "portfolio demo is HALTED, was ACTIVE, by ann, 3 orders cancelled: why"
    assert events[1].portfolio_id == "demo"


def refusal(check: str, scope: str = "", limit: str = "") -> Refusal:
    return Refusal("77", "demo", "AAPL", check, 5, scope, limit, "40", "60", "10")


@pytest.mark.parametrize(
    ("check", "scope", "severity", "where"),
    [
        ("TRADING_HALTED", "", "LOW", "portfolio:demo:"),
        ("ORDER_RATE_LIMIT", "strategy/demo/maker", "MEDIUM", "strategy:demo~maker:"),
        ("PRICE_COLLAR", "firm", "MEDIUM", "firm::AAPL"),
        ("POSITION_LIMIT", "portfolio/demo", "HIGH", "portfolio:demo:AAPL"),
        ("GROSS_EXPOSURE_LIMIT", "firm", "CRITICAL", "firm::"),
    ],
)
def test_a_refused_order_is_as_bad_as_what_it_would_have_done(
    check: str, scope: str, severity: str, where: str
) -> None:
    event = breach_of(refusal(check, scope))
    assert event is not None
    assert (event.severity, event.scope.to_text(), event.order_id) == (severity, where, "77")


def test_the_message_of_a_breach_says_what_was_left() -> None:
    event = breach_of(refusal("POSITION_LIMIT", "portfolio/demo", "50"))
    assert event is not None
    assert event.message == (
        "order 77 of demo in AAPL was refused: POSITION_LIMIT at portfolio demo "
        "(limit 50, used 40, asked 60, left 10)"
    )


def test_an_order_that_the_gate_let_through_is_no_breach() -> None:
    assert breach_of(refusal("POST_ONLY_WOULD_TRADE")) is None
    assert breach_of(refusal("FOK_NOT_FILLABLE")) is None


def conversions() -> Conversions:
    made = Conversions(25)
    for currency in ("USD", "EUR", "JPY"):
        made.need(currency)
    made.list_pair("EURUSD", Pair("EUR", "USD"), Decimal("1.25"))
    made.list_pair("USDJPY", Pair("USD", "JPY"), Decimal("160"))
    made.list_pair("GBPUSD", Pair("GBP", "USD"), Decimal("1.3"))
    return made


def test_rates_start_at_reference_prices_and_only_for_currencies_that_matter() -> None:
    assert conversions().moved() == {"EUR": "1.25", "JPY": "0.00625"}


def test_a_rate_is_told_again_once_it_moved_by_more_than_the_threshold() -> None:
    made = conversions()
    made.told(made.moved())
    made.price("EURUSD", Decimal("1.253125"))
    made.price("USDJPY", Decimal("159.9"))
    assert made.moved() == {}
    made.price("EURUSD", Decimal("1.25313"))
    assert made.moved() == {"EUR": "1.25313"}


def test_a_listed_pair_does_not_fall_back_to_its_reference_price() -> None:
    made = conversions()
    made.price("EURUSD", Decimal("1.5"))
    made.list_pair("EURUSD", Pair("EUR", "USD"), Decimal("1.25"))
    assert made.moved()["EUR"] == "1.5"
