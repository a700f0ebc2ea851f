"""What no engine can be told of a service whose containers it makes, moves and replaces by itself: the definition has no word for it."""

from __future__ import annotations

from perry_ffi.backends.rules.rule import Rules, below, each, emulated, forbids, lacks, partly

_MOVED = "a task may run on any node, and its addresses are the cluster's to give: the service is found by its name"
_JOINED = "a task may run on any node, and there is no container beside it that it could join"
_HOOK = "tasks start and end where and when the cluster decides, and nothing can be run with each of them: let the image do it"

MANY_MACHINES: Rules = below(
    "ServiceSpec",
    {
        "network.mode": forbids(
            "tasks are on networks of the cluster, or on the node's own (host), and {} is neither: name networks instead"
        ),
        **each(("pid.shared", "uts.shared", "volumes_from.any"), forbids(_JOINED)),
        "links.external": forbids("there are no containers beside the cluster's services: put both on one network"),
        "links": emulated("the linked service has the alias on the networks that both join"),
        **each(
            ("networks.addresses", "networks.mac_addresses", "networks.link_local_ips"),
            forbids(_MOVED),
        ),
        "networks.priority": lacks("the engine chooses the order of networks"),
        **each(("networks.interface_name", "networks.gw_priority"), lacks("the engine chooses it")),
        "ports.host_ip": forbids(
            "a port is published on all addresses of a node: leave it out, and keep others out by a firewall"
        ),
        "ports.range": forbids("a published port is one port: name it, or none for one that the engine chooses"),
        **each(("post_start", "pre_stop", "pre_start"), forbids(_HOOK)),
        "use_api_socket": forbids("the engine of a task's node is no engine to give away"),
        "expose.any": lacks("it says nothing to a cluster: services reach each other's ports on their networks"),
        "shm_size": emulated("a file system in memory is mounted at /dev/shm"),
        "tmpfs.mounted": forbids(
            "only size, mode and ro can be said of a tmpfs: use `volumes` with `type: volume`, or leave it out"
        ),
        **each(("tmpfs.options", "tmpfs.podman", "tmpfs.unknown"), lacks("only size, mode and ro can be said of a tmpfs")),
        "volumes.local": partly(
            "each node has a volume of its own of this name, and a task that moves finds another one: "
            "pin the service with deploy.placement.constraints, or use a driver that reaches all nodes"
        ),
        "volumes.bound": partly("the path has to be there on each node where a task may run, nothing makes it"),
        "deploy.replicas.everywhere": lacks("a service of mode global has one task on each node, however many are asked for"),
        "volumes.relabelled": lacks("its labels are not changed: label the folder on each node"),
    },
)
"""``stack.cluster`` refuses what is refused here of every cluster; what a single one lacks besides, its own rules say."""
