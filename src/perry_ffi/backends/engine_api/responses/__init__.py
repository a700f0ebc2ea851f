"""The documents that the engine's API answers with, read into models. Pure."""
