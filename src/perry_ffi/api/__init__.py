"""The operations of the ABI: one function for each row of the table, between bytes and work."""
