"""The engines that speak the Docker Engine API: a module each, with where it listens and what it declares."""
