"""What only plans of containers do: configs and secrets put into them, hooks, and volumes that go on with another container."""
