"""Programs that the library starts: found, spawned without a shell, bounded and ended."""
