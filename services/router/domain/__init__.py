"""How messages are cut up for shards, and how answers become one again."""
