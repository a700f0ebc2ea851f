"""BuildKit through the engine's own API: the session that its builder calls back into, and what it tells of a build."""
