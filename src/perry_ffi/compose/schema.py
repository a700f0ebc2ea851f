"""What a Compose model may hold: every attribute with its type, in one table a level.

Follows the Compose Specification's schema as docker compose 2.40 pins it, and
``pre_start`` of the current specification, which is newer.
"""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.shapes import (
    Mismatch,
    by_type,
    each,
    items,
    kinds,
    mapping,
    matching,
    one_of,
    within,
)

_NULL = type(None)
_text = kinds(str)
_flag = kinds(bool, str)
_number = kinds(float, str)
_whole = kinds(int, str)
_texts = items(_text)
_names = items(_text, unique=True)
_name_or_names = by_type({str: None, list: _names})
_NAME = r"^[a-zA-Z0-9._-]+$"

_pairs = by_type({dict: each(kinds(str, float, bool, _NULL), r".+"), list: _names})
_options = each(kinds(str, float), r"^.+$", closed=False)
_command = by_type({_NULL: None, str: None, list: _texts})
_hosts = by_type({dict: each(by_type({str: None, list: _texts}), r".+"), list: _names})
_label_file = by_type({str: None, list: _texts})
_env_file = by_type(
    {
        str: None,
        list: items(
            by_type(
                {
                    str: None,
                    dict: mapping({"path": _text, "format": _text, "required": _flag}, required=("path",), extensions=False),
                }
            )
        ),
    }
)
_grants = items(
    by_type(
        {
            str: None,
            dict: mapping({"source": _text, "target": _text, "uid": _text, "gid": _text, "mode": _number}),
        }
    )
)
_ulimits = each(
    by_type({int: None, str: None, dict: mapping({"hard": _whole, "soft": _whole}, required=("soft", "hard"))}),
    r"^[a-z]+$",
    closed=False,
)
_device_request = {
    "capabilities": _names,
    "count": _whole,
    "device_ids": _names,
    "driver": _text,
    "options": _pairs,
}
_hook_attributes = {
    "command": _command,
    "user": _text,
    "privileged": _flag,
    "working_dir": _text,
    "environment": _pairs,
}
_hook = mapping(_hook_attributes, required=("command",))
_start_hook = mapping({**_hook_attributes, "image": _text, "per_replica": _flag}, required=("command",))

_build = by_type(
    {
        str: None,
        dict: mapping(
            {
                "context": _text,
                "dockerfile": _text,
                "dockerfile_inline": _text,
                "entitlements": _texts,
                "args": _pairs,
                "ssh": _pairs,
                "labels": _pairs,
                "cache_from": _texts,
                "cache_to": _texts,
                "no_cache": _flag,
                "additional_contexts": _pairs,
                "network": _text,
                "provenance": _flag,
                "sbom": _flag,
                "pull": _flag,
                "target": _text,
                "shm_size": _whole,
                "extra_hosts": _hosts,
                "isolation": _text,
                "privileged": _flag,
                "secrets": _grants,
                "tags": _texts,
                "ulimits": _ulimits,
                "platforms": _texts,
            }
        ),
    }
)

_limit = items(mapping({"path": _text, "rate": _whole}, extensions=False))
_blkio = mapping(
    {
        **dict.fromkeys(("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"), _limit),
        "weight": _whole,
        "weight_device": items(mapping({"path": _text, "weight": _whole}, extensions=False)),
    },
    extensions=False,
)

_update = mapping(
    {
        "parallelism": _whole,
        "delay": _text,
        "failure_action": _text,
        "monitor": _text,
        "max_failure_ratio": _number,
        "order": one_of("start-first", "stop-first"),
    }
)
_generic_resources = items(mapping({"discrete_resource_spec": mapping({"kind": _text, "value": _number})}))
_deploy = by_type(
    {
        _NULL: None,
        dict: mapping(
            {
                "mode": _text,
                "endpoint_mode": _text,
                "replicas": _whole,
                "labels": _pairs,
                "rollback_config": _update,
                "update_config": _update,
                "resources": mapping(
                    {
                        "limits": mapping({"cpus": _number, "memory": _text, "pids": _whole}),
                        "reservations": mapping(
                            {
                                "cpus": _number,
                                "memory": _text,
                                "generic_resources": _generic_resources,
                                "devices": items(mapping(_device_request, required=("capabilities",))),
                            }
                        ),
                    }
                ),
                "restart_policy": mapping({"condition": _text, "delay": _text, "max_attempts": _whole, "window": _text}),
                "placement": mapping(
                    {
                        "constraints": _texts,
                        "preferences": items(mapping({"spread": _text})),
                        "max_replicas_per_node": _whole,
                    }
                ),
            }
        ),
    }
)

_watch = mapping(
    {
        "ignore": _name_or_names,
        "include": _name_or_names,
        "path": _text,
        "action": one_of("rebuild", "sync", "restart", "sync+restart", "sync+exec"),
        "target": _text,
        "exec": _hook,
        "initial_sync": kinds(bool),
    },
    required=("path", "action"),
)
_develop = by_type({_NULL: None, dict: mapping({"watch": items(_watch)})})

_healthcheck = mapping(
    {
        "disable": _flag,
        "interval": _text,
        "retries": _number,
        "test": by_type({str: None, list: _texts}),
        "timeout": _text,
        "start_period": _text,
        "start_interval": _text,
    }
)

_volume = by_type(
    {
        str: None,
        dict: mapping(
            {
                "type": one_of("bind", "volume", "tmpfs", "cluster", "npipe", "image"),
                "source": _text,
                "target": _text,
                "read_only": _flag,
                "consistency": _text,
                "bind": mapping(
                    {
                        "propagation": _text,
                        "create_host_path": _flag,
                        "recursive": one_of("enabled", "disabled", "writable", "readonly"),
                        "selinux": one_of("z", "Z"),
                    }
                ),
                "volume": mapping({"labels": _pairs, "nocopy": _flag, "subpath": _text}),
                "tmpfs": mapping({"size": by_type({int: within(0, float("inf"), "0 or more"), str: None}), "mode": _number}),
                "image": mapping({"subpath": _text}),
            },
            required=("type",),
        ),
    }
)

_port = by_type(
    {
        float: None,
        str: None,
        dict: mapping(
            {
                "name": _text,
                "mode": _text,
                "host_ip": _text,
                "target": _whole,
                "published": _whole,
                "protocol": _text,
                "app_protocol": _text,
            }
        ),
    }
)

_service_network = by_type(
    {
        _NULL: None,
        dict: mapping(
            {
                "aliases": _names,
                "interface_name": _text,
                "ipv4_address": _text,
                "ipv6_address": _text,
                "link_local_ips": _names,
                "mac_address": _text,
                "driver_opts": _options,
                "priority": kinds(float),
                "gw_priority": kinds(float),
            }
        ),
    }
)
_service_model = by_type({_NULL: None, dict: mapping({"endpoint_var": _text, "model_var": _text})})

_dependency = mapping(
    {
        "restart": _flag,
        "required": kinds(bool),
        "condition": one_of("service_started", "service_healthy", "service_completed_successfully"),
    },
    required=("condition",),
)

_SERVICE = {
    **dict.fromkeys(
        (
            "cgroup_parent", "cpuset", "domainname", "hostname", "image", "ipc", "isolation", "mac_address",
            "network_mode", "platform", "pull_refresh_after", "restart", "runtime", "stop_grace_period",
            "stop_signal", "user", "uts", "userns_mode", "working_dir",
        ),
        _text,
    ),
    **dict.fromkeys(("attach", "init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"), _flag),
    **dict.fromkeys(
        (
            "cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpus", "mem_limit",
            "memswap_limit", "pids_limit", "shm_size",
        ),
        _number,
    ),
    **dict.fromkeys(("mem_reservation", "mem_swappiness", "scale"), _whole),
    **dict.fromkeys(
        (
            "cap_add", "cap_drop", "device_cgroup_rules", "dns_opt", "external_links", "links", "profiles",
            "security_opt", "volumes_from",
        ),
        _names,
    ),
    **dict.fromkeys(("annotations", "environment", "labels", "sysctls"), _pairs),
    **dict.fromkeys(("dns", "dns_search", "tmpfs"), _name_or_names),
    **dict.fromkeys(("configs", "secrets"), _grants),
    **dict.fromkeys(("command", "entrypoint"), _command),
    **dict.fromkeys(("expose", "group_add"), items(kinds(str, float), unique=True)),
    **dict.fromkeys(("post_start", "pre_stop"), items(_hook)),
    "pre_start": items(_start_hook),
    "blkio_config": _blkio,
    "build": _build,
    "cgroup": one_of("host", "private"),
    "container_name": matching(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", "letters, digits, '_', '.' and '-', two at least"),
    "cpu_count": by_type({str: None, int: within(0, float("inf"), "0 or more")}),
    "cpu_percent": by_type({str: None, int: within(0, 100, "0 to 100")}),
    "credential_spec": mapping({"config": _text, "file": _text, "registry": _text}),
    "depends_on": by_type({list: _names, dict: each(_dependency, _NAME)}),
    "deploy": _deploy,
    "develop": _develop,
    "devices": items(
        by_type(
            {
                str: None,
                dict: mapping({"source": _text, "target": _text, "permissions": _text}, required=("source",)),
            }
        )
    ),
    "env_file": _env_file,
    "extends": by_type(
        {str: None, dict: mapping({"service": _text, "file": _text}, required=("service",), extensions=False)}
    ),
    "extra_hosts": _hosts,
    "gpus": by_type({str: one_of("all"), list: items(mapping(_device_request, open_to_others=True))}),
    "healthcheck": _healthcheck,
    "label_file": _label_file,
    "logging": mapping(
        {"driver": _text, "options": each(kinds(str, float, _NULL), r"^.+$", closed=False)}
    ),
    "models": by_type({list: _names, dict: each(_service_model, _NAME, closed=False)}),
    "networks": by_type({list: _names, dict: each(_service_network, _NAME)}),
    "oom_score_adj": by_type({str: None, int: within(-1000, 1000, "-1000 to 1000")}),
    "pid": kinds(str, _NULL),
    "ports": items(_port, unique=True),
    "provider": mapping(
        {
            "type": _text,
            "options": each(
                by_type({str: None, float: None, bool: None, list: items(kinds(str, float, bool))}),
                r"^.+$",
                closed=False,
            ),
        },
        required=("type",),
    ),
    "pull_policy": matching(
        r"always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+",
        "always, never, build, missing, refresh, daily, weekly or every_<duration>",
    ),
    "storage_opt": kinds(dict),
    "ulimits": _ulimits,
    "use_api_socket": kinds(bool),
    "volumes": items(_volume, unique=True),
}  # fmt: skip

_external = by_type({bool: None, str: None, dict: mapping({"name": _text})})
_open_external = by_type({bool: None, str: None, dict: mapping({"name": _text}, open_to_others=True)})

_network = by_type(
    {
        _NULL: None,
        dict: mapping(
            {
                "name": _text,
                "driver": _text,
                "driver_opts": _options,
                "ipam": mapping(
                    {
                        "driver": _text,
                        "config": items(
                            mapping(
                                {
                                    "subnet": _text,
                                    "ip_range": _text,
                                    "gateway": _text,
                                    "aux_addresses": each(_text, r"^.+$"),
                                }
                            )
                        ),
                        "options": each(_text, r"^.+$"),
                    }
                ),
                "external": _external,
                "internal": _flag,
                "enable_ipv4": _flag,
                "enable_ipv6": _flag,
                "attachable": _flag,
                "labels": _pairs,
            }
        ),
    }
)
_volume_resource = by_type(
    {
        _NULL: None,
        dict: mapping({"name": _text, "driver": _text, "driver_opts": _options, "external": _external, "labels": _pairs}),
    }
)
_file_object = {
    "name": _text,
    "environment": _text,
    "file": _text,
    "external": _open_external,
    "labels": _pairs,
    "template_driver": _text,
}
_model = mapping({"name": _text, "model": _text, "context_size": kinds(int), "runtime_flags": _texts}, required=("model",))
_include = by_type(
    {
        str: None,
        dict: mapping({"path": _name_or_names, "env_file": _name_or_names, "project_directory": _text}, extensions=False),
    }
)

_MODEL = mapping(
    {
        "version": _text,
        "name": _text,
        "include": items(_include),
        "services": each(mapping(_SERVICE), _NAME),
        "models": each(_model, _NAME, closed=False),
        "networks": each(_network, _NAME, closed=False),
        "volumes": each(_volume_resource, _NAME),
        "secrets": each(mapping({**_file_object, "driver": _text, "driver_opts": _options}), _NAME),
        "configs": each(mapping({**_file_object, "content": _text}), _NAME),
    }
)

SERVICE_ATTRIBUTES: frozenset[str] = frozenset(_SERVICE)


def validate(tree: Any) -> None:
    """Raise ValidationError for the first value that the schema does not allow."""
    try:
        _MODEL(tree)
    except Mismatch as mismatch:
        raise fault(mismatch.path, mismatch.what, mismatch.expected) from None
