"""What is asked of its command line, by what it is about."""
