"""What crosses the ABI: pydantic models of what a program says, records of what it hears, and the parsers of their values."""
