"""What an instrument is worth: quotes, trades, bars and ticks, of the venue and of other sources.

Promises: every trade of the venue is counted once, in the trades and in the bars, whoever dies; what a
stream has shown, a list shows; a batch of published ticks is taken whole or not at all; nothing
is dropped in silence.
"""
