"""Groups of the contract that can be had from its core. Loaded only with backends that lack one of them.

What each gives less than an engine's own is said where it is declared (``absent``).
"""

LOOK_SECONDS = 0.25
"""How long lies between two looks at what an engine holds."""
