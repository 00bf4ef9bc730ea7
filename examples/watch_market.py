"""Follows one instrument over WebSocket: snapshots of its quote and its book, then what changes."""

import json
import subprocess

from websockets.sync.client import connect

token = subprocess.run(["tickmesh", "token"], check=True, capture_output=True, text=True).stdout.strip()
headers = {"Authorization": f"Bearer {token}"}

with connect("ws://127.0.0.1:8080/ws/market-data/AAPL", additional_headers=headers) as market:
    for _ in range(5):
        frame = json.loads(market.recv(timeout=30))
        print(frame["sequence"], frame["type"], ", ".join(frame["data"]))
