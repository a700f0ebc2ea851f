"""What it lacks is told with a reason, and no member of a specification is dropped in silence."""

from __future__ import annotations

from perry_ffi.backends.apple.rules import RULES
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec

SAID = {
    "image", "name", "ports", "volumes", "env", "cmd", "entrypoint", "network", "rm", "labels", "read_only", "user", "workdir",
    "cap_add", "cap_drop", "networks", "memory", "cpus", "tmpfs", "dns", "init", "ulimits", "shm_size", "platform",
    "mac_address", "dns_opt", "dns_search", "tty", "stdin_open", "stdin_once",
}  # fmt: skip
"""By the words of its commands."""
OURS = {
    "aliases": "the file of names", "restart": "Restarts", "stop_signal": "stop_container", "stop_timeout": "stop_container",
    "pull_policy": "image_for", "verify": "checked before", "port_index": "of ports, of which each is chosen before",
    "isolation_level": "each is a machine", "expose": "nothing is closed between containers of a network",
}  # fmt: skip
"""Who does it in its stead, or why nothing has to be done."""


def test_every_member_is_said_done_or_told() -> None:
    for model in (ContainerSpec, ServiceSpec):
        told = {name.split(".")[1] for name in RULES if name.startswith(f"{model.__name__}.")}
        known = SAID | OURS.keys() | told | {"healthcheck"}
        assert set(model.model_fields) - known == set()


def test_each_rule_has_its_reason() -> None:
    for name, rule in RULES.items():
        assert len(rule.reason) > 10 and not rule.reason.endswith("."), name


def test_nothing_is_both_lacking_and_said() -> None:
    lacking = {name.split(".", 1)[1] for name in RULES if name.startswith("ContainerSpec.") and name.count(".") == 1}
    assert lacking & SAID == set()
