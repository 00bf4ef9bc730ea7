"""The rules of positions and their worth; no network, no database, no clock."""
