"""What all services stand on: server, client, errors, streams, database, cache, telemetry, identity.

Nothing here knows what a service is about."""
