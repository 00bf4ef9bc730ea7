"""Instruments to test with: messages that are right, to be made wrong one field at a time."""

from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.assets.v1 import assets_pb2_grpc

if TYPE_CHECKING:
    Stub = assets_pb2_grpc.AssetsServiceAsyncStub
else:
    Stub = assets_pb2_grpc.AssetsServiceStub

DETAILS: dict[str, dict[str, Any]] = {
    "STOCK": {"sector": "Industrials", "country": "US"},
    "BOND": {
        "issuer": "United States Treasury",
        "coupon_rate": "4.5",
        "coupon_frequency": 2,
        "day_count": "ACT_ACT_ICMA",
        "issue_date": "2023-11-15",
        "maturity_date": "2033-11-15",
        "face_value": "100",
    },
    "ETF": {"benchmark_index": "S&P 500", "expense_ratio": "0.0945", "creation_unit_size": 50000},
    "REIT": {"property_type": "Industrial", "country": "US"},
    "MUTUAL_FUND": {"expense_ratio": "0.04", "cutoff_time": "16:00", "fund_family": "Vanguard"},
    "CRYPTO": {"base_asset": "BTC", "dti": "4H95J0R2X"},
    "FOREX": {"base_currency": "EUR", "quote_currency": "USD"},
    "COMMODITY": {"unit": "barrel", "grade": "Light sweet crude"},
}


def an_instrument(symbol: str = "IBM", asset_type: str = "STOCK", **changes: Any) -> pb.Instrument:
    """Returns a valid instrument, or one with some fields changed. A detail goes by its field's name."""
    plain: dict[str, Any] = {
        "symbol": symbol,
        "name": f"{symbol} of the tests",
        "asset_type": asset_type,
        "currency": "USD",
        "price_increment": "0.01",
        "quantity_increment": "1",
        "calendar": "XNYS",
        "reference_price": "158.56",
        "reference_time": "2023-11-30T21:00:00Z",
        asset_type.lower(): DETAILS[asset_type],
    }
    return json_format.ParseDict({**plain, **changes}, pb.Instrument())
