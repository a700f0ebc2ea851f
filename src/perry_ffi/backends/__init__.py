"""The engines: the contract, the drivers that fill it, and the choice of one."""
