"""What only the plans of projects do: configs and secrets, hooks, builds, and volumes that go on with another container."""
