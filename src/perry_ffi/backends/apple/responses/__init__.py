"""Its documents, read into the records of the contract."""
