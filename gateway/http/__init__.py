"""HTTP/JSON over the contract: strict bodies, server-sent events, NDJSON, login, and the page's files."""
