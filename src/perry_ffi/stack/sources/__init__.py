"""Source files that are watched, and what is done in containers when they change."""
