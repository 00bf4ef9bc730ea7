"""The matching engine and its pre-trade risk gate: C behind `engine.h`, its Python face in `engine`.

Commands of 64 bytes go in, events of 64 bytes come out. The same commands always give the same events and
the same state hash, so whoever keeps the commands keeps everything. Beside it `ticks`, `quotes` and `bars`
keep a market from columns of ticks (C in `tape/`). Nothing else of tickmesh is imported.
"""
