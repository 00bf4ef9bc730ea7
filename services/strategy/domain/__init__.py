"""The rules of the built-in strategies: no network, no database, no clock, no asyncio."""
