"""Sends an order over gRPC and prints what became of it. Needs a running platform: `make run`."""

import subprocess
import uuid

import grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc

token = subprocess.run(["tickmesh", "token"], check=True, capture_output=True, text=True).stdout.strip()
credentials = [("authorization", f"Bearer {token}")]

with grpc.insecure_channel("127.0.0.1:8080") as channel:
    orders = orders_pb2_grpc.OrdersServiceStub(channel)
    book = orders.GetBook(orders_pb2.GetBookRequest(symbol="AAPL", depth=1), metadata=credentials)
    order = orders.SubmitOrder(
        orders_pb2.SubmitOrderRequest(
            client_order_id=f"first-{uuid.uuid4()}",
            portfolio_id="demo",
            symbol="AAPL",
            side=orders_pb2.Order.BUY,
            order_type=orders_pb2.Order.LIMIT,
            quantity="10",
            price=book.asks[0].price,
        ),
        metadata=credentials,
    )
    print(order.order_id, orders_pb2.Order.Status.Name(order.status), order.cum_quantity, order.average_price)
