"""Image builds: contexts, Dockerfiles, the classic builder, podman's, and BuildKit."""
