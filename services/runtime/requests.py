"""Idempotence by request_id: the same id again returns the first answer.

The answer is kept in the same transaction as the work.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.engine import Connection

from .errors import AlreadyExists, FieldViolation

M = TypeVar("M", bound=Message)


class RequestIdReused(AlreadyExists):
    """A request_id that came before with another request."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        problem = f"{request_id!r} was used for another request; make a new id for each request"
        super().__init__(f"request_id: {problem}", fields=[FieldViolation("request_id", problem)])


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("response", sa.LargeBinary, nullable=False),
    ]


def requests_table(metadata: sa.MetaData) -> sa.Table:
    """Returns the table of first answers, as a part of a service's tables."""
    return sa.Table("requests", metadata, *_columns())


def create_table(op: Any) -> None:
    """Makes the table in a migration; `op` is alembic.op."""
    op.create_table("requests", *_columns())


def once(
    connection: Connection,
    table: sa.Table,
    method: str,
    request: Message,
    request_id: str,
    response_type: type[M],
    work: Callable[[Connection], M],
) -> M:
    """Does the work and keeps its answer, or returns that of the first time. Fails with RequestIdReused."""
    if not request_id:
        return work(connection)
    _queue_up(connection, request_id)
    digest = hashlib.sha256(method.encode() + request.SerializeToString(deterministic=True)).digest()
    first = connection.execute(sa.select(table).where(table.c.request_id == request_id)).first()
    if first is not None:
        if first.digest != digest:
            raise RequestIdReused(request_id)
        return response_type.FromString(first.response)
    response = work(connection)
    values = {"request_id": request_id, "method": method, "digest": digest}
    connection.execute(table.insert(), {**values, "response": response.SerializeToString()})
    return response


def _queue_up(connection: Connection, request_id: str) -> None:
    """Lets one transaction at a time work for a request_id: the second finds the answer of the first.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
