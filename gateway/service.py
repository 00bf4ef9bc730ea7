"""The two processes behind the edge, for the command line and the supervisor to run."""

from .http.serving import run_http
from .websocket.serving import run_websocket

__all__ = ["run_http", "run_websocket"]
