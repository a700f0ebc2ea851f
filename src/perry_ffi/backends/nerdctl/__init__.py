"""nerdctl, the command line of containerd: argument vectors in, JSON out. It has no daemon and no API of its own."""
