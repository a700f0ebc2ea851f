"""The calls of the contract: containers, images, networks, volumes, execs, events."""
