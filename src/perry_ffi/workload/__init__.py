"""Workload graphs: services and jobs that depend on each other, run on an engine."""
