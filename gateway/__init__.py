"""The one door for people and programs that do not speak gRPC.

Envoy is the edge; behind it one process answers HTTP/JSON and one answers WebSocket. All routes, schemas and
configuration follow from the contract: nothing here knows what an order is.
"""
