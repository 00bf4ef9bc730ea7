"""The order path on a virtual clock: whole days of faults in a second, and a seed that repeats them."""
