"""Revisions of the tables of the strategy service."""
