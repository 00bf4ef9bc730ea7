"""The rules of the book of instruments: no network, no database, no clock."""
