"""Sends recorded real order flow through the public order API and compares the book that comes out.

`lobster` reads the recording, `plan` says which orders reproduce it, `rebuilt` follows the book that the
platform shows, `run` is the client that ties them to a running platform.
"""
