"""Stacks of a Compose project: observed, compared with what is wanted, planned, carried out."""
