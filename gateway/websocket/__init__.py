"""WebSocket channels over the same gRPC streams: a snapshot first, then updates, and heartbeats.

A channel's stream is opened for its first reader and closed after its last. An update is written
as JSON once; each reader gets it with a sequence of its own.
"""
