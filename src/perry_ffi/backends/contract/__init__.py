"""What the library asks of every engine."""
