"""From a resolved Compose project to what an engine is asked for. Pure functions; only ``archive`` reads files."""
