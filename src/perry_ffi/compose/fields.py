"""The model: members of every object in the order that docker compose writes them, each with its converter.

The order matters for the configuration hash. ``command`` and ``entrypoint`` are
always written, because absent and empty mean different things.
"""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.convert import (
    Convert,
    assignments,
    command,
    count,
    delay,
    device_count,
    duration,
    file_mode,
    flag,
    health_test,
    hosts,
    listed,
    multi_options,
    named,
    natural,
    number,
    options,
    pairs,
    present,
    record,
    renamed,
    scalars,
    single,
    size,
    ssh_keys,
    strict_options,
    string,
    switch,
    text,
    text_or_texts,
    texts,
    ulimit,
)  # fmt: skip

hook = record(
    {"command": command, "user": text, "privileged": flag, "working_dir": text, "environment": assignments},
    {"command": None},
)
start_hook = record(
    {
        "command": command, "image": text, "user": text, "privileged": flag, "working_dir": text,
        "environment": assignments, "per_replica": flag,
    },
    {"command": None},
)  # fmt: skip

_grant = record({"source": text, "target": text, "uid": text, "gid": text, "mode": file_mode})

build = record(
    {
        "context": text,
        "dockerfile": text,
        "dockerfile_inline": text,
        "entitlements": texts,
        "args": assignments,
        "provenance": text,
        "sbom": text,
        "ssh": ssh_keys,
        "labels": pairs,
        "cache_from": text_or_texts,
        "cache_to": text_or_texts,
        "no_cache": flag,
        "additional_contexts": pairs,
        "pull": flag,
        "extra_hosts": hosts,
        "isolation": text,
        "network": text,
        "target": text,
        "secrets": listed(_grant),
        "shm_size": size,
        "tags": text_or_texts,
        "ulimits": named(ulimit, nullable=True),
        "platforms": text_or_texts,
        "privileged": flag,
    }
)

watch = record(
    {
        "path": string,
        "action": string,
        "target": text,
        "exec": hook,
        "include": texts,
        "ignore": texts,
        "initial_sync": flag,
    },
    {"exec": {"command": None}},
)

_throttle = renamed(record({"path": string, "rate": size}, {"rate": "0"}), {"path": "Path", "rate": "Rate"})
_weight = renamed(
    record({"path": string, "weight": natural(16)}, {"path": "", "weight": 0}), {"path": "Path", "weight": "Weight"}
)
blkio = record(
    {
        "weight": present(natural(16)),
        "weight_device": listed(_weight),
        **dict.fromkeys(("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"), listed(_throttle)),
    }
)

_device_request = record({"capabilities": texts, "driver": text, "count": device_count, "device_ids": texts, "options": pairs})
_generic = record({"discrete_resource_spec": record({"kind": string, "value": count}, {"kind": "", "value": 0})})
_update = record(
    {
        "parallelism": natural(64),
        "delay": delay,
        "failure_action": text,
        "monitor": delay,
        "max_failure_ratio": single,
        "order": text,
    }
)
_limits = record(
    {
        "cpus": single,
        "memory": size,
        "pids": number,
        "devices": listed(_device_request),
        "generic_resources": listed(_generic),
    }
)
deploy = record(
    {
        "mode": text,
        "replicas": count,
        "labels": pairs,
        "update_config": _update,
        "rollback_config": _update,
        "resources": record({"limits": _limits, "reservations": _limits}),
        "restart_policy": record({"condition": text, "delay": duration, "max_attempts": natural(64), "window": duration}),
        "placement": record(
            {
                "constraints": texts,
                "preferences": listed(record({"spread": text})),
                "max_replicas_per_node": present(natural(64)),
            }
        ),
        "endpoint_mode": text,
    },
    {"resources": {}, "placement": {}},
)

healthcheck = record(
    {
        "test": health_test,
        "timeout": duration,
        "interval": duration,
        "retries": natural(64),
        "start_period": duration,
        "start_interval": duration,
        "disable": flag,
    }
)

service_network = record(
    {
        "aliases": texts,
        "driver_opts": options,
        "gw_priority": number,
        "interface_name": text,
        "ipv4_address": text,
        "ipv6_address": text,
        "link_local_ips": texts,
        "mac_address": text,
        "priority": number,
    }
)

port = record(
    {
        "name": text,
        "mode": text,
        "host_ip": text,
        "target": present(natural(32)),
        "published": text,
        "protocol": text,
        "app_protocol": text,
    }
)

mount = record(
    {
        "type": text,
        "source": text,
        "target": text,
        "read_only": flag,
        "consistency": text,
        "bind": record({"selinux": text, "propagation": text, "create_host_path": flag, "recursive": text}),
        "volume": record({"labels": pairs, "nocopy": flag, "subpath": text}),
        "tmpfs": record({"size": size, "mode": present(natural(32))}),
        "image": record({"subpath": text}),
    }
)

_dependency = record({"condition": text, "restart": flag, "required": switch}, {"required": False})

service_fields: dict[str, Convert] = {
    "profiles": texts,
    "annotations": pairs,
    "attach": switch,
    "build": build,
    "develop": record({"watch": listed(watch)}),
    "blkio_config": blkio,
    "cap_add": texts,
    "cap_drop": texts,
    "cgroup_parent": text,
    "cgroup": text,
    "cpu_count": number,
    "cpu_percent": single,
    "cpu_period": number,
    "cpu_quota": number,
    "cpu_rt_period": number,
    "cpu_rt_runtime": number,
    "cpus": single,
    "cpuset": text,
    "cpu_shares": number,
    "command": command,
    "configs": listed(_grant),
    "container_name": text,
    "credential_spec": record({"config": text, "file": text, "registry": text}),
    "depends_on": named(_dependency),
    "deploy": deploy,
    "device_cgroup_rules": texts,
    "devices": listed(record({"source": text, "target": text, "permissions": text})),
    "dns": text_or_texts,
    "dns_opt": texts,
    "dns_search": text_or_texts,
    "domainname": text,
    "entrypoint": command,
    "provider": record({"type": text, "options": multi_options}),
    "environment": assignments,
    "env_file": listed(record({"path": text, "required": switch, "format": text}, {"required": False})),
    "expose": scalars,
    "extends": record({"file": text, "service": text}),
    "external_links": texts,
    "extra_hosts": hosts,
    "group_add": texts,
    "gpus": listed(_device_request),
    "hostname": text,
    "healthcheck": healthcheck,
    "image": text,
    "init": switch,
    "ipc": text,
    "isolation": text,
    "labels": pairs,
    "label_file": texts,
    "links": texts,
    "logging": record({"driver": text, "options": options}),
    "mem_limit": size,
    "mem_reservation": size,
    "memswap_limit": size,
    "mem_swappiness": size,
    "mac_address": text,
    "models": named(record({"endpoint_var": text, "model_var": text}), nullable=True),
    "network_mode": text,
    "networks": named(service_network, nullable=True),
    "oom_kill_disable": flag,
    "oom_score_adj": number,
    "pid": text,
    "pids_limit": number,
    "platform": text,
    "ports": listed(port),
    "privileged": flag,
    "pull_policy": text,
    "read_only": flag,
    "restart": text,
    "runtime": text,
    "scale": count,
    "secrets": listed(_grant),
    "security_opt": texts,
    "shm_size": size,
    "stdin_open": flag,
    "stop_grace_period": duration,
    "stop_signal": text,
    "storage_opt": strict_options,
    "sysctls": pairs,
    "tmpfs": text_or_texts,
    "tty": flag,
    "ulimits": named(ulimit, nullable=True),
    "use_api_socket": flag,
    "user": text,
    "userns_mode": text,
    "uts": text,
    "volumes": listed(mount),
    "volumes_from": texts,
    "working_dir": text,
    "pre_start": listed(start_hook),
    "post_start": listed(hook),
    "pre_stop": listed(hook),
}

service = record(service_fields, {"command": None, "entrypoint": None})

_pool = record({"subnet": text, "gateway": text, "ip_range": text, "aux_addresses": pairs})
network = record(
    {
        "name": text,
        "driver": text,
        "driver_opts": options,
        "ipam": record({"driver": text, "config": listed(_pool), "options": options}),
        "external": flag,
        "internal": flag,
        "attachable": flag,
        "labels": pairs,
        "enable_ipv4": switch,
        "enable_ipv6": switch,
    },
    {"ipam": {}},
)
volume = record({"name": text, "driver": text, "driver_opts": options, "external": flag, "labels": pairs})

_file_object: dict[str, Convert] = {
    "name": text,
    "file": text,
    "environment": text,
    "content": text,
    "external": flag,
    "labels": pairs,
    "driver": text,
    "driver_opts": strict_options,
    "template_driver": text,
}
secret = record(_file_object)
config = record(_file_object)
model = record({"name": text, "model": text, "context_size": number, "runtime_flags": texts})

SECTIONS: dict[str, Convert] = {
    "services": named(service),
    "networks": named(network),
    "volumes": named(volume),
    "secrets": named(secret),
    "configs": named(config),
    "models": named(model),
}


def to_model(tree: dict[str, Any]) -> dict[str, Any]:
    """The sections of the model and its ``x-`` members, from a canonical tree. Raises ValidationError."""
    sections = {}
    for name, convert in SECTIONS.items():
        rows = convert(tree[name], name) if tree.get(name) is not None else {}
        sections[name] = rows if type(rows) is dict else {}
    sections["extensions"] = {key: value for key, value in tree.items() if key.startswith("x-")}
    return sections
