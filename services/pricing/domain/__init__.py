"""The rules of market data. No network, no database, no clock."""
