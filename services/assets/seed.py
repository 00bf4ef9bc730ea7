"""The instruments that an empty book starts with: real ones, of all eight types, at prices once seen."""

import json
from importlib.resources import files

from google.protobuf import json_format
from sqlalchemy.engine import Connection

from tickmesh.assets.v1 import assets_pb2 as pb

from . import store
from .catalogue import Catalogue
from .translation import from_proto

FILE = "seed_instruments.json"


def instruments() -> list[pb.Instrument]:
    """Returns the seed as messages of the contract."""
    every = json.loads((files(__package__) / FILE).read_text("utf-8"))
    return [json_format.ParseDict(plain, pb.Instrument()) for plain in every]


async def fill(catalogue: Catalogue) -> None:
    """Lists the seed in an empty book; a book with anything in it stays as it is."""

    def work(connection: Connection) -> None:
        store.hold(connection)
        if store.count(connection) == 0:
            for message in instruments():
                catalogue.create(connection, from_proto(message))

    await catalogue.commit(work)
