"""``perry-compose``: the engine from a shell."""
