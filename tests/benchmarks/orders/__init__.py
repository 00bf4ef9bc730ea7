"""The order path, measured from outside: orders a second, latencies, streams, tables, and what each costs."""
