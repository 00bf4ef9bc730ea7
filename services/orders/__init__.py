"""Order entry, pre-trade risk gate, matching, executions and book depth.

An answer is given only after its command is in the journal. The matching engine is a
deterministic state machine, so the journal alone rebuilds every order, book and limit; the
tables of orders and executions are projected from it and may lag, never lie.
"""
