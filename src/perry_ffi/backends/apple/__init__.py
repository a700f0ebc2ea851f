"""apple/container: a machine of its own for each container on macOS, driven by its command line."""
