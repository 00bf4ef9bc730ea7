"""The words of `engine.h`: its constants and enums, with the values that stand in columns and journals."""

from enum import IntEnum, IntFlag

NONE = 0xFFFF_FFFF
"""Stands for "every instrument" or "no instrument", "no node"."""

NUMBER_MAX = 1 << 46
"""The largest price in ticks, quantity in lots or unit value."""

DEPTH_MAX = 16
"""The most nodes on a way from a node to the firm, both counted."""

POSITION_MAX = 1 << 61
"""The position limit that always applies, in lots."""

LEGS_MAX = 4
"""The most orders of a list, the parent counted."""

ROUNDS_MAX = 8
"""The most rounds of repricing and retrying that one command causes on one instrument."""

FOLLOWERS_MAX = 1_024
"""The most pegged and all-or-none orders together that one instrument holds."""


class CommandType(IntEnum):
    """What a command asks for; the header says which fields each one reads."""

    LIST_INSTRUMENT = 1
    SET_UNIT_VALUE = 2
    ADD_NODE = 3
    SET_LIMIT = 4
    SET_TRADING_STATE = 5
    NEW_ORDER = 6
    CANCEL_ORDER = 7
    REPLACE_ORDER = 8
    MASS_CANCEL = 9
    END_OF_DAY = 10
    ADVANCE_TIME = 11
    ORDER_TERMS = 12
    SET_BANDS = 13
    SET_PHASE = 14
    SET_GROUP = 15
    SET_FEES = 16
    DISCONNECT = 17
    INDICATE = 18
    SET_REFERENCE_PRICE = 19


class Side(IntEnum):
    """FIX 54."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """FIX 40; those from STOP to TRAILING_STOP_LIMIT wait outside the book for their trigger."""

    MARKET = 1
    LIMIT = 2
    STOP = 3
    STOP_LIMIT = 4
    MARKET_IF_TOUCHED = 5
    LIMIT_IF_TOUCHED = 6
    TRAILING_STOP = 7
    TRAILING_STOP_LIMIT = 8
    MARKET_TO_LIMIT = 9
    PEG_PRIMARY = 10
    PEG_MID = 11
    PEG_MARKET = 12


class TimeInForce(IntEnum):
    """FIX 59."""

    DAY = 0
    GTC = 1
    AT_THE_OPENING = 2
    IOC = 3
    FOK = 4
    GTD = 6
    AT_THE_CLOSE = 7
    GOOD_FOR_AUCTION = 11


class OrderFlag(IntFlag):
    """What an order may ask for besides."""

    NONE = 0
    POST_ONLY = 1
    POST_ONLY_SLIDE = 2
    REDUCE_ONLY = 4
    ALL_OR_NONE = 8
    BASIS_POINTS = 16
    CANCEL_ON_DISCONNECT = 32


class SelfTrade(IntFlag):
    """What happens to an order that would trade with its own account, or, BY_GROUP added, with its group."""

    ALLOW = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4
    BY_GROUP = 8


class Contingency(IntEnum):
    """FIX 1385: how the orders of a list depend on one another."""

    NONE = 0
    OCO = 1
    OTO = 2
    BRACKET = 3


class Phase(IntEnum):
    """What an instrument's market does now."""

    CONTINUOUS = 0
    PRE_OPEN = 1
    OPENING_AUCTION = 2
    HALT = 3
    REOPENING_AUCTION = 4
    CLOSING_AUCTION = 5
    CLOSED = 6


class TradingState(IntEnum):
    """What a node may do; the highest on the way to the firm decides."""

    ACTIVE = 0
    REDUCING = 1
    HALTED = 2


class LimitType(IntEnum):
    """What a limit bounds."""

    ORDER_QUANTITY = 1
    ORDER_NOTIONAL = 2
    PRICE_COLLAR = 3
    ORDER_RATE = 4
    POSITION = 5
    GROSS_EXPOSURE = 6


class EventType(IntEnum):
    """What happened."""

    ORDER_ACCEPTED = 1
    ORDER_REJECTED = 2
    TRADE = 3
    ORDER_CANCELED = 4
    ORDER_REPLACED = 5
    ORDER_EXPIRED = 6
    CANCEL_REJECTED = 7
    BOOK_LEVEL = 8
    CONTROL_APPLIED = 9
    CONTROL_REJECTED = 10
    MASS_CANCELED = 11
    ORDER_TRIGGERED = 12
    ORDER_REPRICED = 13
    FEE = 14
    PHASE_CHANGED = 15
    AUCTION = 16
    BOOK_TOP = 17
    BOOK_ORDER = 18


class EventFlag(IntFlag):
    """What is special about an event."""

    NONE = 0
    MAKER = 1
    KEPT_PRIORITY = 2
    AUCTION = 4
    INDICATIVE = 8
    ADDED = 16
    REMOVED = 32


class Reason(IntEnum):
    """Why an order was refused or ended."""

    NONE = 0
    UNKNOWN_INSTRUMENT = 1
    UNKNOWN_NODE = 2
    UNKNOWN_ORDER = 3
    NOT_OWNER = 4
    DUPLICATE_CLIENT_ORDER = 5
    INVALID_COMMAND = 6
    INVALID_PRICE = 7
    INVALID_QUANTITY = 8
    TRADING_HALTED = 9
    REDUCE_ONLY = 10
    ORDER_QUANTITY_LIMIT = 11
    ORDER_NOTIONAL_LIMIT = 12
    PRICE_COLLAR = 13
    ORDER_RATE_LIMIT = 14
    POSITION_LIMIT = 15
    GROSS_EXPOSURE_LIMIT = 16
    POST_ONLY_WOULD_TRADE = 17
    FOK_NOT_FILLABLE = 18
    NO_LIQUIDITY = 19
    CAPACITY = 20
    REQUESTED = 21
    MASS_CANCEL = 22
    QUANTITY_BELOW_FILLED = 23
    ALREADY_EXISTS = 24
    INVALID_EXPIRY = 25
    PHASE = 26
    PRICE_BAND = 27
    MINIMUM_QUANTITY = 28
    LIST_REJECTED = 29
    LIST_INCOMPLETE = 30
    CONTINGENCY = 31
    SELF_TRADE = 32
    VOLATILITY = 33
    DISCONNECTED = 34


class Feed(IntFlag):
    """Which changes of the book are told: the best prices (L1), levels (L2), orders (L3)."""

    NONE = 0
    TOP = 1
    LEVELS = 2
    ORDERS = 4


class RestoreError(IntEnum):
    """Why a snapshot was not loaded."""

    OK = 0
    NO_SNAPSHOT = 1
    VERSION = 2
    CHECKSUM = 3
    CAPACITY = 4
    MEMORY = 5
    CONTENT = 6
