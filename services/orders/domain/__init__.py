"""The rules of the order path: no network, no database, no clock."""
