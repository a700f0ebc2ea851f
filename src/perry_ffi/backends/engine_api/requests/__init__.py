"""Specifications as the documents that the engine's API takes. Pure."""
