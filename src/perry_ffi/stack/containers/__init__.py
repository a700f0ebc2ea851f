"""Projects on engines of containers: observed, compared with what is wanted, planned step by step, carried out as a transaction."""
