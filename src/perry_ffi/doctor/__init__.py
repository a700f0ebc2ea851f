"""What keeps people from a working engine, with the evidence, and the command that mends it: facts -> symptoms -> findings."""
