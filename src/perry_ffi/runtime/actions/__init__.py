"""What plans do with any engine's containers, networks, volumes and images."""
