"""Measurements of the library, with the budget of each beside it. ``python -m benchmarks`` runs them."""
