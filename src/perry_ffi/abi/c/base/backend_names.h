/* Generated from src/perry_ffi/drivers.py by `make generate`; do not edit. */
#ifndef PERRY_BACKEND_NAMES_H
#define PERRY_BACKEND_NAMES_H

#if defined(__APPLE__)
#define PERRY_BACKEND_ORDER "apple/container,orbstack,colima,rancher-desktop,lima,podman,nerdctl,docker"
#else
#define PERRY_BACKEND_ORDER "podman,nerdctl,docker"
#endif

/* Where the order in force has none of them, the first counts. none: a value that names no server. */
static const struct {
    const char *name, *variable, *none;
} perry_named_servers[] = {
    {"docker", "DOCKER_HOST", ""},
    {"docker", "DOCKER_CONTEXT", "default"},
    {"podman", "CONTAINER_CONNECTION", ""},
    {"podman", "CONTAINER_HOST", ""},
};

#endif
