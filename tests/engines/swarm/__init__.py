"""A swarm of several machines on this one: ``swarm_lab()`` of ``tests.engines.swarm.lab``.

Each node is a containerd and a dockerd in namespaces of their own (network, mounts, names, processes), so that it can lose its
power and its cable. A bridge joins them, in one more network, where a registry has their image.

A kernel without IPVS (``has_ipvs``) has neither virtual addresses nor ingress ports, and no engine says so: services are up and
nobody reaches them. Tests that run there take ``endpoint_mode: dnsrr`` and ports of mode ``host``.
"""
