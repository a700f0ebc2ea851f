"""Execution apart from Compose: plans, their executor and rollback, waits for readiness, locks and events."""
