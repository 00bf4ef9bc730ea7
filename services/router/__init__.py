"""One address for all shards of orders: whoever calls it need not know that there are several.

It answers as the orders service does. It keeps nothing of its own and decides nothing: an instrument's
shard stands with the instrument, an order's in its id, and a reader's place in its token, so that any
number of routers may run, and one that ends loses nothing. A shard that is away takes only its own
instruments with it.
"""
