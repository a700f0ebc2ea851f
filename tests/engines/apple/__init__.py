"""apple/container without a Mac: its command line as a table, and a small engine behind it."""
