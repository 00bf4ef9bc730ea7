"""What all services stand on: server, client, errors, streams, database, cache, telemetry, identity.

Nothing here knows what a service is about."""

import os

# A process that is started is a fork for a moment, in which gRPC's own handlers of forks would wake threads
# that are not there: now and then it ended, or hung, before it began. It becomes another program at once and
# needs none of them.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
