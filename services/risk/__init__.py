"""Risk: what may go wrong.

Owns limits and trading states and keeps who changed them and when. They are enforced inside
the matching engine: a change is in the engine's journal before it is stored here, and all
that is stored is sent again at every start. What the gate refused becomes a risk event, once.
"""
