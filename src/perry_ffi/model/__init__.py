"""What crosses the ABI: models of what a program says, records of what it hears, and the parsers of their values."""
