"""What decides: runs the strategies of the market in a box through the public orders API.

Promises that a stopped strategy has no live orders, that what was started or set stays so over a
restart, and that what a strategy does follows from the seed, the step, its orders and its inventory.
"""
