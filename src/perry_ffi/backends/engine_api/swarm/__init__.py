"""Docker's Swarm mode behind ``contract.services``: a manager's API, on one node or on many."""
