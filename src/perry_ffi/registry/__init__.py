"""What the library itself knows of image registries: credentials."""
