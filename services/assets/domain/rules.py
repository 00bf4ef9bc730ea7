"""What must be true of an instrument. Each rule yields the faults that it finds; none stops another."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from ...values import UNITS_MAX, Increment, decimal_text
from . import calendars
from .details import AssetType, Bond, Crypto, Etf, Forex, MutualFund, field_of, type_of
from .faults import Fault
from .identifiers import SCHEMES, Scheme, cusip_inside
from .instruments import Instrument

Faults = Iterator[Fault]

# ISO 10962, category and group that each type may have, the usual one first.
CFI_GROUPS: dict[AssetType, tuple[str, ...]] = {
    AssetType.STOCK: ("ES", "EP", "EC", "EF", "EL", "ED", "EY", "EM"),
    AssetType.BOND: ("DB", "DC", "DW", "DT", "DS", "DE", "DG", "DA", "DN", "DM", "DY"),
    AssetType.ETF: ("CE",),
    AssetType.REIT: ("CB", "ES"),
    AssetType.MUTUAL_FUND: ("CI", "CF", "CH", "CP", "CM"),
    AssetType.CRYPTO: ("IT", "IF", "TC", "MM"),
    AssetType.FOREX: ("IF", "TC"),
    AssetType.COMMODITY: ("IT", "TT"),
}
DEFAULT_CFI = {asset_type: groups[0] + "XXXX" for asset_type, groups in CFI_GROUPS.items()}
DEFAULT_CFI[AssetType.FOREX] = "IFXXXP"  # spot, settled physically

# The engine counts the value of one tick times one lot in whole nano-units, at most UNITS_MAX of them.
NANO = Decimal("1e-9")
STEP_VALUE_MAX = UNITS_MAX * NANO
TIME_NS_END = 1 << 63
PERCENT_MAX = Decimal(100)


def faults_of(instrument: Instrument) -> Faults:
    """Yields everything that is wrong with an instrument."""
    for rule in RULES:
        yield from rule(instrument)


def detail_fits_type(instrument: Instrument) -> Faults:
    wanted = field_of(instrument.asset_type)
    if instrument.detail is None:
        yield Fault(wanted, "MISSING_DETAIL", f"a {instrument.asset_type} needs its detail")
    elif type_of(instrument.detail) is not instrument.asset_type:
        given = field_of(type_of(instrument.detail))
        yield Fault(given, "WRONG_DETAIL", f"a {instrument.asset_type} has the detail {wanted}, not {given}")


def identifiers_verify(instrument: Instrument) -> Faults:
    for scheme in SCHEMES:
        text: str = getattr(instrument, scheme.name)
        if text:
            yield from _identifier(scheme, text)


def _identifier(scheme: Scheme, text: str) -> Faults:
    if not scheme.has_shape(text):
        yield Fault(scheme.name, "MALFORMED_IDENTIFIER", f"{text!r} is not {scheme.shape}")
        return
    expected = scheme.expected_digit(text)
    if expected != text[-1]:
        problem = f"the check digit of {text} would be {expected}, not {text[-1]}"
        yield Fault(scheme.name, "BAD_CHECK_DIGIT", problem, {"expected_digit": expected})


def isin_and_cusip_agree(instrument: Instrument) -> Faults:
    inside = cusip_inside(instrument.isin)
    if inside and instrument.cusip and inside != instrument.cusip:
        problem = f"the ISIN {instrument.isin} carries the CUSIP {inside}"
        yield Fault("cusip", "IDENTIFIER_MISMATCH", problem, {"expected_cusip": inside})


def cfi_fits_type(instrument: Instrument) -> Faults:
    cfi = instrument.cfi
    if not (len(cfi) == 6 and cfi.isascii() and cfi.isalpha() and cfi.isupper()):
        yield Fault("cfi", "MALFORMED_IDENTIFIER", f"{cfi!r} is not six capital letters, such as ESVUFR")
    elif cfi[:2] not in CFI_GROUPS[instrument.asset_type]:
        wanted = ", ".join(CFI_GROUPS[instrument.asset_type])
        yield Fault("cfi", "CFI_MISMATCH", f"the CFI code of a {instrument.asset_type} starts with {wanted}")


def steps_are_positive(instrument: Instrument) -> Faults:
    for name in ("price_increment", "quantity_increment", "multiplier"):
        if getattr(instrument, name) <= 0:
            yield Fault(name, "NOT_POSITIVE", "is more than zero")


def step_value_fits(instrument: Instrument) -> Faults:
    value = instrument.price_increment * instrument.quantity_increment * instrument.multiplier
    if value > STEP_VALUE_MAX or 0 < value < NANO:
        bounds = f"from {decimal_text(NANO)} to {decimal_text(STEP_VALUE_MAX)} {instrument.currency}"
        problem = f"price increment x quantity increment x multiplier is {bounds}"
        yield Fault("price_increment", "OUT_OF_BOUNDS", problem)


def reference_price_fits(instrument: Instrument) -> Faults:
    if instrument.reference_price <= 0:
        yield Fault("reference_price", "NOT_POSITIVE", "is more than zero")
    elif instrument.price_increment > 0:
        increment = Increment(instrument.price_increment)
        ticks = increment.floor_units(instrument.reference_price)
        if ticks > UNITS_MAX:
            problem = f"is at most {increment.to_text(UNITS_MAX)}"
            yield Fault("reference_price", "OUT_OF_BOUNDS", problem)
        elif increment.to_decimal(ticks) != instrument.reference_price:
            nearest = f"{increment.to_text(ticks)} and {increment.to_text(ticks + 1)}"
            problem = f"is a multiple of {increment.value:f}; the nearest are {nearest}"
            yield Fault("reference_price", "NOT_A_MULTIPLE", problem)


def reference_time_is_a_moment(instrument: Instrument) -> Faults:
    if instrument.reference_time_ns is not None and not 0 <= instrument.reference_time_ns < TIME_NS_END:
        yield Fault("reference_time", "OUT_OF_BOUNDS", "is from 1970 to 2262")


def minimum_notional_can_be_met(instrument: Instrument) -> Faults:
    largest = instrument.quantity_increment * UNITS_MAX * instrument.reference_price * instrument.multiplier
    if instrument.minimum_notional > largest > 0:
        yield Fault(
            "minimum_notional", "OUT_OF_BOUNDS", f"no order is worth more than {decimal_text(largest)}"
        )


def calendar_is_known(instrument: Instrument) -> Faults:
    if not calendars.is_known(instrument.calendar):
        problem = f"is one of {', '.join(sorted(calendars.KNOWN))}"
        yield Fault("calendar", "UNKNOWN_CALENDAR", problem)


def text_is_printable(instrument: Instrument) -> Faults:
    if not instrument.name.isprintable() or not instrument.name.strip():
        yield Fault("name", "MALFORMED_FIELD", "is printable text on one line")
    for key, value in instrument.attributes.items():
        if not (key + value).isprintable():
            yield Fault(f"attributes[{key!r}]", "MALFORMED_FIELD", "is printable text on one line")
    if instrument.detail is not None:
        yield from _detail_text(instrument)


def _detail_text(instrument: Instrument) -> Faults:
    for name in instrument.detail.__slots__ if instrument.detail is not None else ():
        value = getattr(instrument.detail, name)
        if isinstance(value, str) and not value.isprintable():
            path = f"{field_of(instrument.asset_type)}.{name}"
            yield Fault(path, "MALFORMED_FIELD", "is printable text on one line")


def bond_makes_sense(instrument: Instrument) -> Faults:
    bond = instrument.detail
    if not isinstance(bond, Bond):
        return
    if bond.maturity_date <= bond.issue_date:
        yield Fault("bond.maturity_date", "MATURITY_NOT_AFTER_ISSUE", f"is after {bond.issue_date}")
    if (bond.coupon_rate == 0) != (bond.coupon_frequency == 0):
        problem = "is 0 when the coupon rate is 0, and only then"
        yield Fault("bond.coupon_frequency", "COUPON_MISMATCH", problem)
    if bond.face_value <= 0:
        yield Fault("bond.face_value", "NOT_POSITIVE", "is more than zero")


def pair_makes_sense(instrument: Instrument) -> Faults:
    detail = instrument.detail
    if isinstance(detail, Forex):
        if detail.quote_currency != instrument.currency:
            problem = f"is the instrument's currency, {instrument.currency}"
            yield Fault("forex.quote_currency", "CURRENCY_MISMATCH", problem)
        if detail.base_currency == detail.quote_currency:
            yield Fault("forex.base_currency", "CURRENCY_MISMATCH", "is not the quote currency")
    if isinstance(detail, Crypto) and detail.base_asset == instrument.currency:
        yield Fault("crypto.base_asset", "CURRENCY_MISMATCH", "is not the currency that it is priced in")


def charges_are_plausible(instrument: Instrument) -> Faults:
    detail = instrument.detail
    if isinstance(detail, Etf | MutualFund) and detail.expense_ratio > PERCENT_MAX:
        yield Fault(
            f"{field_of(instrument.asset_type)}.expense_ratio", "OUT_OF_BOUNDS", "is at most 100 percent"
        )


RULES: tuple[Callable[[Instrument], Faults], ...] = (
    detail_fits_type,
    identifiers_verify,
    isin_and_cusip_agree,
    cfi_fits_type,
    steps_are_positive,
    step_value_fits,
    reference_price_fits,
    reference_time_is_a_moment,
    minimum_notional_can_be_met,
    calendar_is_known,
    text_is_printable,
    bond_makes_sense,
    pair_makes_sense,
    charges_are_plausible,
)
