"""What can be done about a container that does not start, from words that engines say."""

from __future__ import annotations

import json

import pytest

from perry_ffi.backends.engine_api.error_mapping import refusal
from perry_ffi.backends.start_words import remedy_of_start

RUNC = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
SAID = {
    "driver failed programming external connectivity on endpoint a: Bind for 127.0.0.1:18999 failed: port is already allocated": (
        "something has port 18999 already: end it (docker ps shows containers, ss -ltnp programs), or publish another port"
    ),
    "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use": "has port 80 already",
    "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use": "has port 8080 already",
    "driver failed: Bind for :::8443 failed: port is already allocated": "has port 8443 already",
    "cannot listen on the TCP port: listen tcp4 [::1]:5000: bind: address already in use": "has port 5000 already",
    "rootlessport listen tcp 0.0.0.0:80: bind: permission denied": "port 80 is for root",
    "rootlessport cannot expose privileged port 443, you can add": "port 443 is for root",
    "listen tcp4 10.9.9.9:80: bind: cannot assign requested address": "no such address",
    "unable to find user nobodyhere: no matching entries in passwd file": "no user nobodyhere",
    f'{RUNC}exec: "nosuch": executable file not found in $PATH: unknown': "the image has no such program",
    "exec /x/run: exec format error": "another kind of processor",
    f'{RUNC}exec: "/etc": permission denied: unknown': "chmod +x",
    'invalid mount config for type "bind": bind source path does not exist: /x': "create what is to be mounted",
    f'{RUNC}error mounting "/a" to rootfs at "/etc": not a directory: unknown': "a file goes where a file is",
    'error gathering device information while adding custom device "/dev/x": no such file or directory': "no such device",
    'could not select device driver "nvidia" with capabilities: [[gpu]]': "install their toolkit",
    "invalid pool request: Pool overlaps with other one on this address space": "give subnet others",
    "could not find an available, non-overlapping IPv4 address pool among the defaults": "docker network prune",
    'Conflict. The container name "/a" is already in use by container "b"': "take container_name away",
    "write /var/lib/docker/x: no space left on device": "make room",
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_of_a_start(said: str) -> None:
    error = refusal(500, json.dumps({"message": said}).encode(), doing="start the container a", backend="docker", subject="a")
    assert SAID[said] in str(error.details["remedy"])


def test_nothing_is_said_of_another_operation_or_of_new_words() -> None:
    assert remedy_of_start("exec: x: executable file not found", "exec in a", "docker") is None
    assert remedy_of_start("something new", "start the container a", "docker") is None
