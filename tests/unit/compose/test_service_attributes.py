"""Every attribute of a service, from short and long syntax to the model.

The expected members are those that docker compose 2.40.3 prints beside an image and the default network;
``@`` is the project folder.
"""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.compose.schema import SERVICE_ATTRIBUTES
from tests.unit.compose.support import load_text, relative

REST = """\
  b: {image: b}
  c: {image: c}
volumes: {v: , v2: }
networks: {n: }
secrets: {s: {file: ./s}}
configs: {c: {content: hi}}
models: {m: {model: ai/m}}
"""

FILES = {
    "e.env": "E=1\nSHARED=e\n",
    "f.env": "SHARED=f$E\n",
    "l.label": "la=1\n",
    "m.label": "la=2\nlb=$la\n",
    "other.yaml": "services: {o: {image: other, hostname: o}}\n",
    "raw.env": 'R="$X"\n',
}

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("annotations", "{a: b, n: 1}", {"annotations": {"a": "b", "n": "1"}}),
    ("annotations", '["a=b", flag]', {"annotations": {"a": "b", "flag": ""}}),
    ("attach", "false", {"attach": False}),
    ("attach", '"true"', {"attach": True}),
    (
        "blkio_config",
        (
            "{weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sdb, rate: 12mb}], "
            'device_read_iops: [{path: /dev/sdb, rate: 120}], device_write_bps: [{path: /dev/sdb, rate: "1024k"}], '
            "device_write_iops: [{path: /dev/sdb, rate: 30}]}"
        ),
        {
            "blkio_config": {
                "weight": 300,
                "weight_device": [{"Path": "/dev/sda", "Weight": 400}],
                "device_read_bps": [{"Path": "/dev/sdb", "Rate": "12582912"}],
                "device_read_iops": [{"Path": "/dev/sdb", "Rate": "120"}],
                "device_write_bps": [{"Path": "/dev/sdb", "Rate": "1048576"}],
                "device_write_iops": [{"Path": "/dev/sdb", "Rate": "30"}],
            }
        },
    ),
    ("build", "./dir", {"build": {"context": "@/dir", "dockerfile": "Dockerfile"}}),
    (
        "build",
        (
            "{context: dir, dockerfile: D, args: {A: 1, B: }, target: t, labels: [l=1], tags: [x, y], cache_from: [c], "
            'cache_to: [d], no_cache: true, pull: "true", privileged: true, network: host, isolation: hyperv, shm_size: 2g, '
            'platforms: [linux/amd64], entitlements: [e], provenance: true, sbom: "mode=max"}'
        ),
        {
            "build": {
                "context": "@/dir",
                "dockerfile": "D",
                "entitlements": ["e"],
                "args": {"A": "1"},
                "provenance": "true",
                "sbom": "mode=max",
                "labels": {"l": "1"},
                "cache_from": ["c"],
                "cache_to": ["d"],
                "no_cache": True,
                "pull": True,
                "isolation": "hyperv",
                "network": "host",
                "target": "t",
                "shm_size": "2147483648",
                "tags": ["x", "y"],
                "platforms": ["linux/amd64"],
                "privileged": True,
            }
        },
    ),
    ("build", '{context: ., dockerfile_inline: "FROM x"}', {"build": {"context": "@", "dockerfile_inline": "FROM x"}}),
    (
        "build",
        "{args: [A=1, FROM_ENV, UNKNOWN]}",
        {"build": {"context": "@", "dockerfile": "Dockerfile", "args": {"A": "1", "FROM_ENV": "env"}}},
    ),
    (
        "build",
        '{additional_contexts: {a: ./x, b: "docker-image://y", c: "https://z"}}',
        {
            "build": {
                "context": "@",
                "dockerfile": "Dockerfile",
                "additional_contexts": {"a": "@/x", "b": "docker-image://y", "c": "https://z"},
            }
        },
    ),
    (
        "build",
        '{additional_contexts: ["a=./x"]}',
        {"build": {"context": "@", "dockerfile": "Dockerfile", "additional_contexts": {"a": "@/x"}}},
    ),
    (
        "build",
        '{secrets: [s, {source: s, target: t, uid: "1", gid: "2", mode: 0400}]}',
        {
            "build": {
                "context": "@",
                "dockerfile": "Dockerfile",
                "secrets": [{"source": "s"}, {"source": "s", "target": "t", "uid": "1", "gid": "2", "mode": "0400"}],
            }
        },
    ),
    ("build", "{ssh: [default]}", {"build": {"context": "@", "dockerfile": "Dockerfile", "ssh": ["default"]}}),
    ("build", "{ssh: {default: }}", {"build": {"context": "@", "dockerfile": "Dockerfile", "ssh": ["default"]}}),
    (
        "build",
        "{extra_hosts: {h: 1.1.1.1}, ulimits: {nofile: 5, nproc: {soft: 1, hard: 2}}}",
        {
            "build": {
                "context": "@",
                "dockerfile": "Dockerfile",
                "extra_hosts": ["h=1.1.1.1"],
                "ulimits": {"nofile": 5, "nproc": {"soft": 1, "hard": 2}},
            }
        },
    ),
    (
        "build",
        "https://github.com/a/b.git",
        {"build": {"context": "https://github.com/a/b.git", "dockerfile": "Dockerfile"}},
    ),
    ("cap_add", "[ALL]", {"cap_add": ["ALL"]}),
    ("cap_drop", "[NET_ADMIN, SYS_ADMIN]", {"cap_drop": ["NET_ADMIN", "SYS_ADMIN"]}),
    ("cgroup", "host", {"cgroup": "host"}),
    ("cgroup_parent", "m-executor-abcd", {"cgroup_parent": "m-executor-abcd"}),
    ("command", 'echo "a b" c', {"command": ["echo", "a b", "c"]}),
    ("command", '[echo, "a b"]', {"command": ["echo", "a b"]}),
    ("command", "[]", {"command": []}),
    ("command", "null", {"command": None}),
    ("configs", "[c]", {"configs": [{"source": "c"}]}),
    (
        "configs",
        '[{source: c, target: /t, uid: "103", gid: "104", mode: 0440}]',
        {"configs": [{"source": "c", "target": "/t", "uid": "103", "gid": "104", "mode": "0440"}]},
    ),
    ("container_name", "my-web", {"container_name": "my-web"}),
    ("cpu_count", "2", {"cpu_count": 2}),
    ("cpu_percent", "50", {"cpu_percent": 50}),
    ("cpu_period", "100000", {"cpu_period": 100000}),
    ("cpu_quota", '"50000"', {"cpu_quota": 50000}),
    ("cpu_rt_period", "1400", {"cpu_rt_period": 1400}),
    ("cpu_rt_runtime", "400", {"cpu_rt_runtime": 400}),
    ("cpu_shares", "73", {"cpu_shares": 73}),
    ("cpus", "0.5", {"cpus": 0.5}),
    ("cpus", '"1.5"', {"cpus": 1.5}),
    ("cpuset", "0,1", {"cpuset": "0,1"}),
    ("credential_spec", "{file: my-spec.json}", {"credential_spec": {"file": "my-spec.json"}}),
    ("credential_spec", "{config: c, registry: r}", {"credential_spec": {"config": "c", "registry": "r"}}),
    ("depends_on", "[b]", {"depends_on": {"b": {"condition": "service_started", "required": True}}}),
    (
        "depends_on",
        "{b: {condition: service_healthy, restart: true}, c: {condition: service_completed_successfully, required: false}}",
        {
            "depends_on": {
                "b": {"condition": "service_healthy", "restart": True, "required": True},
                "c": {"condition": "service_completed_successfully", "required": False},
            }
        },
    ),
    (
        "deploy",
        "{mode: replicated, replicas: 6, endpoint_mode: vip, labels: {l: 1}}",
        {
            "deploy": {
                "mode": "replicated",
                "replicas": 6,
                "labels": {"l": "1"},
                "resources": {},
                "placement": {},
                "endpoint_mode": "vip",
            }
        },
    ),
    (
        "deploy",
        (
            '{resources: {limits: {cpus: "0.50", memory: 50M, pids: 1}, reservations: {cpus: 0.25, memory: 20M, '
            "generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}], devices: [{capabilities: [gpu], "
            'driver: nvidia, count: 2, options: {v: 1}}, {capabilities: [tpu], device_ids: ["0", "3"]}, '
            "{capabilities: [x]}]}}}"
        ),
        {
            "deploy": {
                "resources": {
                    "limits": {"cpus": 0.5, "memory": "52428800", "pids": 1},
                    "reservations": {
                        "cpus": 0.25,
                        "memory": "20971520",
                        "devices": [
                            {"capabilities": ["gpu"], "driver": "nvidia", "count": 2, "options": {"v": "1"}},
                            {"capabilities": ["tpu"], "device_ids": ["0", "3"]},
                            {"capabilities": ["x"], "count": -1},
                        ],
                        "generic_resources": [{"discrete_resource_spec": {"kind": "gpu", "value": 2}}],
                    },
                },
                "placement": {},
            }
        },
    ),
    (
        "deploy",
        "{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}",
        {
            "deploy": {
                "resources": {},
                "restart_policy": {"condition": "on-failure", "delay": "5s", "max_attempts": 3, "window": "2m0s"},
                "placement": {},
            }
        },
    ),
    (
        "deploy",
        (
            "{update_config: {parallelism: 2, delay: 10s, failure_action: pause, monitor: 1m, max_failure_ratio: 0.3, "
            "order: stop-first}, rollback_config: {parallelism: 0, order: start-first}}"
        ),
        {
            "deploy": {
                "update_config": {
                    "parallelism": 2,
                    "delay": "10s",
                    "failure_action": "pause",
                    "monitor": "1m0s",
                    "max_failure_ratio": 0.3,
                    "order": "stop-first",
                },
                "rollback_config": {"parallelism": 0, "order": "start-first"},
                "resources": {},
                "placement": {},
            }
        },
    ),
    (
        "deploy",
        "{placement: {constraints: [disktype=ssd], preferences: [{spread: zone}], max_replicas_per_node: 5}}",
        {
            "deploy": {
                "resources": {},
                "placement": {
                    "constraints": ["disktype=ssd"],
                    "preferences": [{"spread": "zone"}],
                    "max_replicas_per_node": 5,
                },
            }
        },
    ),
    ("deploy", "null", {}),
    (
        "develop",
        (
            '{watch: [{path: ./src, action: sync, target: /src, ignore: [node_modules/], include: "*.js", '
            "initial_sync: true}, {path: p.json, action: rebuild}, {path: c, action: sync+exec, target: /c, "
            "exec: {command: reload, user: root, privileged: true, working_dir: /w, environment: [A=1]}}, {path: r, "
            "action: restart}, {path: t, action: sync+restart, target: /t}]}"
        ),
        {
            "develop": {
                "watch": [
                    {
                        "path": "@/src",
                        "action": "sync",
                        "target": "/src",
                        "exec": {"command": None},
                        "include": ["*.js"],
                        "ignore": ["node_modules/"],
                        "initial_sync": True,
                    },
                    {"path": "@/p.json", "action": "rebuild", "exec": {"command": None}},
                    {
                        "path": "@/c",
                        "action": "sync+exec",
                        "target": "/c",
                        "exec": {
                            "command": ["reload"],
                            "user": "root",
                            "privileged": True,
                            "working_dir": "/w",
                            "environment": {"A": "1"},
                        },
                    },
                    {"path": "@/r", "action": "restart", "exec": {"command": None}},
                    {"path": "@/t", "action": "sync+restart", "target": "/t", "exec": {"command": None}},
                ]
            }
        },
    ),
    ("device_cgroup_rules", '["c 1:3 mr", "a 7:* rmw"]', {"device_cgroup_rules": ["c 1:3 mr", "a 7:* rmw"]}),
    (
        "devices",
        '["/dev/a:/dev/b:r", "/dev/c", "vendor.com/device=gpu"]',
        {
            "devices": [
                {"source": "/dev/a", "target": "/dev/b", "permissions": "r"},
                {"source": "/dev/c", "target": "/dev/c", "permissions": "rwm"},
                {"source": "vendor.com/device=gpu", "target": "vendor.com/device=gpu", "permissions": "rwm"},
            ]
        },
    ),
    (
        "devices",
        "[{source: /dev/a, target: /dev/b, permissions: rw}]",
        {"devices": [{"source": "/dev/a", "target": "/dev/b", "permissions": "rw"}]},
    ),
    ("dns", "8.8.8.8", {"dns": ["8.8.8.8"]}),
    ("dns", "[8.8.8.8, 9.9.9.9]", {"dns": ["8.8.8.8", "9.9.9.9"]}),
    ("dns_opt", "[use-vc, no-tld-query]", {"dns_opt": ["use-vc", "no-tld-query"]}),
    ("dns_search", "example.com", {"dns_search": ["example.com"]}),
    ("dns_search", "[dc1.example.com, dc2.example.com]", {"dns_search": ["dc1.example.com", "dc2.example.com"]}),
    ("domainname", "example.com", {"domainname": "example.com"}),
    ("entrypoint", "/code/entrypoint.sh -v", {"entrypoint": ["/code/entrypoint.sh", "-v"]}),
    ("entrypoint", "[php, -d, x]", {"entrypoint": ["php", "-d", "x"]}),
    ("entrypoint", "[]", {"entrypoint": []}),
    ("env_file", "e.env", {"environment": {"E": "1", "SHARED": "e"}}),
    ("env_file", "[e.env, f.env]", {"environment": {"E": "1", "SHARED": "f1"}}),
    ("env_file", "[{path: e.env}, {path: missing.env, required: false}]", {"environment": {"E": "1", "SHARED": "e"}}),
    ("env_file", "[{path: raw.env, format: raw}]", {"environment": {"R": '"$X"'}}),
    (
        "environment",
        '{A: 1, B: "two", C: true, D: , FROM_ENV: }',
        {"environment": {"A": "1", "B": "two", "C": "true", "D": None, "FROM_ENV": "env"}},
    ),
    (
        "environment",
        '["A=1", "E=a=b", FROM_ENV, UNKNOWN, "F="]',
        {"environment": {"A": "1", "E": "a=b", "F": "", "FROM_ENV": "env", "UNKNOWN": None}},
    ),
    ("expose", '["3000", 8000, 8080-8085/tcp]', {"expose": ["3000", "8000", "8080-8085/tcp"]}),
    ("extends", "{service: b}", {}),
    ("extends", "b", {}),
    ("extends", "{file: other.yaml, service: o}", {"hostname": "o"}),
    ("external_links", '[redis, "database:mysql"]', {"external_links": ["redis", "database:mysql"]}),
    (
        "extra_hosts",
        '["somehost:162.242.195.82", "other=50.31.209.229", "v6=[::1]"]',
        {"extra_hosts": ["other=50.31.209.229", "somehost=162.242.195.82", "v6=::1"]},
    ),
    (
        "extra_hosts",
        "{somehost: 162.242.195.82, two: [1.1.1.1, 2.2.2.2]}",
        {"extra_hosts": ["somehost=162.242.195.82", "two=1.1.1.1", "two=2.2.2.2"]},
    ),
    ("gpus", "all", {"gpus": [{"count": -1}]}),
    (
        "gpus",
        "[{driver: 3dfx, count: 2, capabilities: [gpu]}]",
        {"gpus": [{"capabilities": ["gpu"], "driver": "3dfx", "count": 2}]},
    ),
    ("group_add", "[mail, 100]", {"group_add": ["mail", "100"]}),
    (
        "healthcheck",
        '{test: [CMD, curl, -f, "http://localhost"], interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s, start_interval: 5s}',
        {
            "healthcheck": {
                "test": ["CMD", "curl", "-f", "http://localhost"],
                "timeout": "10s",
                "interval": "1m30s",
                "retries": 3,
                "start_period": "40s",
                "start_interval": "5s",
            }
        },
    ),
    (
        "healthcheck",
        "{test: curl -f http://localhost || exit 1}",
        {"healthcheck": {"test": ["CMD-SHELL", "curl -f http://localhost || exit 1"]}},
    ),
    ("healthcheck", "{disable: true}", {"healthcheck": {"disable": True}}),
    ("hostname", "web", {"hostname": "web"}),
    ("image", "redis:5", {"image": "redis:5"}),
    (
        "image",
        "redis@sha256:0ed5d5928d4737458944eb604cc8509e245c3e19d02ad83935398bc4b991aac7",
        {"image": "redis@sha256:0ed5d5928d4737458944eb604cc8509e245c3e19d02ad83935398bc4b991aac7"},
    ),
    ("init", "true", {"init": True}),
    ("ipc", "shareable", {"ipc": "shareable"}),
    (
        "ipc",
        '"service:b"',
        {"depends_on": {"b": {"condition": "service_started", "restart": True, "required": True}}, "ipc": "service:b"},
    ),
    ("isolation", "default", {"isolation": "default"}),
    ("label_file", "l.label", {"labels": {"la": "1"}}),
    ("label_file", "[l.label, m.label]", {"labels": {"la": "2", "lb": "1"}}),
    ("labels", "{a.b: c, d: 1, e: true, f: }", {"labels": {"a.b": "c", "d": "1", "e": "true", "f": ""}}),
    ("labels", '["a.b=c", e]', {"labels": {"a.b": "c", "e": ""}}),
    (
        "links",
        '[b, "c:alias"]',
        {
            "depends_on": {
                "b": {"condition": "service_started", "restart": True, "required": True},
                "c": {"condition": "service_started", "restart": True, "required": True},
            },
            "links": ["b", "c:alias"],
        },
    ),
    (
        "logging",
        '{driver: syslog, options: {syslog-address: "tcp://1.2.3.4", max: 3}}',
        {"logging": {"driver": "syslog", "options": {"max": "3", "syslog-address": "tcp://1.2.3.4"}}},
    ),
    ("mac_address", "02:42:ac:11:65:43", {"mac_address": "02:42:ac:11:65:43"}),
    ("mem_limit", "512m", {"mem_limit": "536870912"}),
    ("mem_limit", "1073741824", {"mem_limit": "1073741824"}),
    ("mem_reservation", "256m", {"mem_reservation": "268435456"}),
    ("mem_swappiness", "60", {"mem_swappiness": "60"}),
    ("memswap_limit", "-1", {"memswap_limit": "-1"}),
    ("memswap_limit", "2g", {"memswap_limit": "2147483648"}),
    ("models", "[m]", {"models": {"m": None}}),
    ("models", "{m: {endpoint_var: E, model_var: M}}", {"models": {"m": {"endpoint_var": "E", "model_var": "M"}}}),
    ("network_mode", "host", {"network_mode": "host"}),
    (
        "network_mode",
        '"service:b"',
        {
            "depends_on": {"b": {"condition": "service_started", "restart": True, "required": True}},
            "network_mode": "service:b",
        },
    ),
    ("networks", "[n]", {"networks": {"n": None}}),
    (
        "networks",
        (
            '{n: {aliases: [x, y], ipv4_address: 172.16.238.10, ipv6_address: "2001:3984:3989::10", '
            'link_local_ips: [57.123.22.11], mac_address: "02:42:ac:11:00:02", interface_name: eth1, driver_opts: {a: 1}, '
            "priority: 1000, gw_priority: 5}, default: }"
        ),
        {
            "networks": {
                "default": None,
                "n": {
                    "aliases": ["x", "y"],
                    "driver_opts": {"a": "1"},
                    "gw_priority": 5,
                    "interface_name": "eth1",
                    "ipv4_address": "172.16.238.10",
                    "ipv6_address": "2001:3984:3989::10",
                    "link_local_ips": ["57.123.22.11"],
                    "mac_address": "02:42:ac:11:00:02",
                    "priority": 1000,
                },
            }
        },
    ),
    ("oom_kill_disable", "true", {"oom_kill_disable": True}),
    ("oom_score_adj", "-500", {"oom_score_adj": -500}),
    ("pid", "host", {"pid": "host"}),
    (
        "pid",
        '"service:b"',
        {"depends_on": {"b": {"condition": "service_started", "restart": True, "required": True}}, "pid": "service:b"},
    ),
    ("pids_limit", "10", {"pids_limit": 10}),
    ("platform", "linux/arm64/v8", {"platform": "linux/arm64/v8"}),
    (
        "ports",
        '["3000", "3000-3002", "8000:8000", "49100:22", "8000-8001:80", "127.0.0.1:8001:8001", "6060:6060/udp", "[::1]:5000:5000"]',
        {
            "ports": [
                {"mode": "ingress", "target": 3000, "protocol": "tcp"},
                {"mode": "ingress", "target": 3001, "protocol": "tcp"},
                {"mode": "ingress", "target": 3002, "protocol": "tcp"},
                {"mode": "ingress", "target": 8000, "published": "8000", "protocol": "tcp"},
                {"mode": "ingress", "target": 22, "published": "49100", "protocol": "tcp"},
                {"mode": "ingress", "target": 80, "published": "8000-8001", "protocol": "tcp"},
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 8001, "published": "8001", "protocol": "tcp"},
                {"mode": "ingress", "target": 6060, "published": "6060", "protocol": "udp"},
                {"mode": "ingress", "host_ip": "::1", "target": 5000, "published": "5000", "protocol": "tcp"},
            ]
        },
    ),
    (
        "ports",
        '[80, "9090-9091:8080-8081"]',
        {
            "ports": [
                {"mode": "ingress", "target": 80, "protocol": "tcp"},
                {"mode": "ingress", "target": 8080, "published": "9090", "protocol": "tcp"},
                {"mode": "ingress", "target": 8081, "published": "9091", "protocol": "tcp"},
            ]
        },
    ),
    (
        "ports",
        (
            '[{name: web, target: 80, host_ip: 127.0.0.1, published: "8080", protocol: tcp, app_protocol: http, mode: host}, '
            '{target: 81, published: 8083-9000}, {target: "82"}]'
        ),
        {
            "ports": [
                {
                    "name": "web",
                    "mode": "host",
                    "host_ip": "127.0.0.1",
                    "target": 80,
                    "published": "8080",
                    "protocol": "tcp",
                    "app_protocol": "http",
                },
                {"mode": "ingress", "target": 81, "published": "8083-9000", "protocol": "tcp"},
                {"mode": "ingress", "target": 82, "protocol": "tcp"},
            ]
        },
    ),
    (
        "post_start",
        "[{command: ./do.sh, user: root, privileged: true, working_dir: /w, environment: {A: 1}}]",
        {
            "post_start": [
                {
                    "command": ["./do.sh"],
                    "user": "root",
                    "privileged": True,
                    "working_dir": "/w",
                    "environment": {"A": "1"},
                }
            ]
        },
    ),
    ("pre_stop", "[{command: [./bye, now]}]", {"pre_stop": [{"command": ["./bye", "now"]}]}),
    ("privileged", "true", {"privileged": True}),
    ("profiles", "[]", {}),
    (
        "provider",
        "{type: awesomecloud, options: {type: mysql, foo: [bar, 1], on: true}}",
        {"provider": {"type": "awesomecloud", "options": {"foo": ["bar", "1"], "on": ["true"], "type": ["mysql"]}}},
    ),
    ("pull_policy", "always", {"pull_policy": "always"}),
    ("pull_policy", "if_not_present", {"pull_policy": "missing"}),
    ("pull_policy", "every_12h", {"pull_policy": "every_12h"}),
    ("pull_refresh_after", "24h", {}),
    ("read_only", "true", {"read_only": True}),
    ("restart", '"on-failure:3"', {"restart": "on-failure:3"}),
    ("runtime", "runc", {"runtime": "runc"}),
    ("scale", "3", {"scale": 3}),
    ("scale", "0", {"scale": 0}),
    ("secrets", "[s]", {"secrets": [{"source": "s", "target": "/run/secrets/s"}]}),
    (
        "secrets",
        '[{source: s, target: t, uid: "103", gid: "103", mode: 0440}]',
        {"secrets": [{"source": "s", "target": "t", "uid": "103", "gid": "103", "mode": "0440"}]},
    ),
    (
        "security_opt",
        '["label:user:USER", no-new-privileges]',
        {"security_opt": ["label:user:USER", "no-new-privileges"]},
    ),
    ("shm_size", "64m", {"shm_size": "67108864"}),
    ("shm_size", "67108864", {"shm_size": "67108864"}),
    ("stdin_open", "true", {"stdin_open": True}),
    ("stop_grace_period", "1m30s", {"stop_grace_period": "1m30s"}),
    ("stop_signal", "SIGUSR1", {"stop_signal": "SIGUSR1"}),
    ("storage_opt", "{size: 1G}", {"storage_opt": {"size": "1G"}}),
    ("sysctls", "{net.core.somaxconn: 1024}", {"sysctls": {"net.core.somaxconn": "1024"}}),
    ("sysctls", '["net.core.somaxconn=1024"]', {"sysctls": {"net.core.somaxconn": "1024"}}),
    ("tmpfs", "/run", {"tmpfs": ["/run"]}),
    ("tmpfs", '["/run:size=64m", /tmp]', {"tmpfs": ["/run:size=64m", "/tmp"]}),
    ("tty", "true", {"tty": True}),
    (
        "ulimits",
        "{nproc: 65535, nofile: {soft: 20000, hard: 40000}}",
        {"ulimits": {"nofile": {"soft": 20000, "hard": 40000}, "nproc": 65535}},
    ),
    ("use_api_socket", "true", {"use_api_socket": True}),
    ("user", '"1000:1000"', {"user": "1000:1000"}),
    ("userns_mode", "host", {"userns_mode": "host"}),
    ("uts", "host", {"uts": "host"}),
    (
        "volumes",
        '["v:/data", "./rel:/rel:ro", "/abs:/abs:rw,z", "/anon", "~/h:/h", "v2:/n:nocopy"]',
        {
            "volumes": [
                {"type": "volume", "target": "v:/data", "volume": {}},
                {
                    "type": "bind",
                    "source": "@/rel",
                    "target": "/rel",
                    "read_only": True,
                    "bind": {"create_host_path": True},
                },
                {
                    "type": "bind",
                    "source": "/abs",
                    "target": "/abs",
                    "bind": {"selinux": "z", "create_host_path": True},
                },
                {"type": "volume", "target": "/anon", "volume": {}},
                {"type": "bind", "source": "/home/me/h", "target": "/h", "bind": {"create_host_path": True}},
                {"type": "volume", "source": "v2", "target": "/n", "volume": {"nocopy": True}},
            ]
        },
    ),
    (
        "volumes",
        (
            "[{type: bind, source: ./b, target: /b, read_only: true, consistency: cached, bind: {propagation: rslave, "
            "create_host_path: true, recursive: disabled, selinux: z}}]"
        ),
        {
            "volumes": [
                {
                    "type": "bind",
                    "source": "@/b",
                    "target": "/b",
                    "read_only": True,
                    "consistency": "cached",
                    "bind": {
                        "selinux": "z",
                        "propagation": "rslave",
                        "create_host_path": True,
                        "recursive": "disabled",
                    },
                }
            ]
        },
    ),
    (
        "volumes",
        (
            "[{type: volume, source: v, target: /v, volume: {nocopy: true, subpath: s, labels: {l: 1}}}, {type: tmpfs, "
            "target: /t, tmpfs: {size: 10m, mode: 01777}}]"
        ),
        {
            "volumes": [
                {
                    "type": "volume",
                    "source": "v",
                    "target": "/v",
                    "volume": {"labels": {"l": "1"}, "nocopy": True, "subpath": "s"},
                },
                {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "10485760", "mode": 1023}},
            ]
        },
    ),
    (
        "volumes",
        (
            "[{type: image, source: img, target: /i, image: {subpath: /s}}, {type: npipe, source: p, target: /p}, "
            "{type: cluster, source: c, target: /c}]"
        ),
        {
            "volumes": [
                {"type": "image", "source": "img", "target": "/i", "image": {"subpath": "/s"}},
                {"type": "npipe", "source": "p", "target": "/p"},
                {"type": "cluster", "source": "c", "target": "/c"},
            ]
        },
    ),
    (
        "volumes_from",
        '[b, "c:ro", "container:x:rw"]',
        {
            "depends_on": {
                "b": {"condition": "service_started", "required": True},
                "c": {"condition": "service_started", "required": True},
            },
            "volumes_from": ["b", "c:ro", "container:x:rw"],
        },
    ),
    ("working_dir", "/src", {"working_dir": "/src"}),
    ("x-note", "{a: 1}", {}),
]

USUAL = {"command": None, "entrypoint": None, "image": "x", "networks": {"default": None}}


@pytest.mark.parametrize(("attribute", "value", "expected"), CASES, ids=[f"{a}={v[:40]}" for a, v, _ in CASES])
def test_attribute_reaches_the_model(tmp_path, attribute, value, expected):
    image = "" if attribute == "image" else "    image: x\n"
    text = f"name: p\nservices:\n  a:\n{image}    {attribute}: {value}\n{REST}"

    project = load_text(tmp_path, text, files=FILES, env={"FROM_ENV": "env", "HOME": "/home/me"})

    shown = relative(project.to_dict(), tmp_path)["services"]["a"]
    unusual = {key: item for key, item in shown.items() if key == attribute or (key, item) not in USUAL.items()}
    assert unusual == expected


def test_every_attribute_of_the_schema_has_a_case():
    newer = {"pre_start"}
    assert SERVICE_ATTRIBUTES - newer == {attribute for attribute, _, _ in CASES if not attribute.startswith("x-")}
