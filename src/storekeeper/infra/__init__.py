"""Knows libraries, not the domain: database, analytics engine, jobs, web, telemetry, sealing of secrets."""
