"""From a spec to the words of ``nerdctl create``: every member lands in one, or was refused by name before.

Options that take lists (``--network``, ``--publish``, ``--ulimit``, ``--device``, ``--cap-add`` ...) are read as a line of CSV,
the others (``--env``, ``--label``, ``--mount`` ...) as they are. Options end at the image: what follows is the command.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.arguments import option, options, pairs, plain, record, without_colon
from perry_ffi.backends.nerdctl.mount_words import mount_words
from perry_ffi.backends.nerdctl.network_words import network_words, port_word
from perry_ffi.backends.nerdctl.security_words import security_words
from perry_ffi.backends.nerdctl.service_words import service_words

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.container_values import GpuRequest, HealthCheck

ENDLESS = 2**31 - 1
"""Seconds without end."""
IMAGE, REMOVE = "perry.engine.image", "perry.engine.remove"
"""Labels for what nerdctl does not keep: the id of the image, and that a container is removed as it ends. Programs see neither."""
THROUGH = "perry.engine.network"
"""The label for the container whose network was asked for, where that one is itself in another's."""
EMPTY = "perry.engine.empty."
"""Before the name of a label without a value: containerd keeps none of those."""
OWN = "perry.engine."


@dataclass(frozen=True)
class Creation:
    """What is known when a container is created. name: its own. image_id, image_cmd: of its image. directory: relative paths begin
    there. backend: whose name refusals have. unread: why nerdctl may not find a file of this machine; empty where it does. through:
    the container whose network was asked for, where it is itself in another's.
    """

    name: str
    image_id: str
    directory: Path
    image_cmd: tuple[str, ...] = ()
    backend: str = "nerdctl"
    unread: Callable[[str], str] = field(default=lambda path: "")
    through: str = ""


def create_words(spec: ContainerSpec, known: Creation) -> list[str]:
    """All of the command behind ``nerdctl``."""
    words = ["create", "--pull=never", option("name", known.name), *_labels(spec, known)]
    words += _process(spec)
    words += _limits(spec)
    words += _devices(spec)
    words += _health(spec.healthcheck) if spec.healthcheck else []
    words += security_words(spec, known)
    words += mount_words(spec.volumes, known.directory)
    words += [_tmpfs(path, given) for path, given in spec.tmpfs.items()]
    words += network_words(spec)
    words += _slices("publish", (port_word(port) for port in spec.ports))
    words += service_words(spec)
    command = list(spec.cmd or [])
    if spec.entrypoint is not None:
        # No option clears the image's; what is then run takes its place.
        command = [*spec.entrypoint, *(command or ([] if spec.entrypoint else known.image_cmd))]
        words += [option("entrypoint", word) for word in command[:1]]
        command = command[1:]
    return [*words, plain(spec.image, "image"), *command]


def _slices(flag: str, values: Iterable[str]) -> list[str]:
    """An option that takes a list, once for each value."""
    return [option(flag, record([value], flag)) for value in values]


def _tmpfs(path: str, given: str) -> str:
    target = without_colon(path, "ContainerSpec.tmpfs")
    return option("tmpfs", f"{target}:{given}" if given else target)


def _labels(spec: ContainerSpec, known: Creation) -> list[str]:
    own = {IMAGE: known.image_id, **({REMOVE: "true"} if spec.rm else {})}
    own |= {THROUGH: known.through} if known.through else {}
    own |= {f"{EMPTY}{name}": "true" for name, text in spec.labels.items() if not text}
    return [*pairs("label", spec.labels), *pairs("label", own)]


def _process(spec: ContainerSpec) -> list[str]:
    words = pairs("env", spec.env)
    said: Mapping[str, object] = {
        "user": spec.user, "workdir": spec.workdir, "stop-signal": spec.stop_signal, "platform": spec.platform, "runtime": spec.runtime,
    }  # fmt: skip
    words += [option(flag, value) for flag, value in said.items() if value]
    if spec.stop_timeout is not None:
        words.append(option("stop-timeout", spec.stop_timeout if spec.stop_timeout >= 0 else ENDLESS))
    if spec.restart:
        policy, retries = spec.restart
        words.append(option("restart", f"{policy}:{retries}" if policy == "on-failure" and retries else policy))
    return words + (["--init"] if spec.init else [])


def _limits(spec: ContainerSpec) -> list[str]:
    said: Mapping[str, object] = {
        "memory": spec.memory, "cpus": spec.cpus, "pids-limit": spec.pids_limit, "shm-size": spec.shm_size,
    }  # fmt: skip
    words = [option(flag, value) for flag, value in said.items() if value is not None]
    words += pairs("sysctl", spec.sysctls)
    return words + _slices("ulimit", (f"{it.name}={it.soft}:{it.hard}" for it in spec.ulimits))


def _devices(spec: ContainerSpec) -> list[str]:
    devices = [
        [without_colon(text, f"ContainerSpec.devices[{index}]") for text in (it.source, it.target, it.permissions)]
        for index, it in enumerate(spec.devices)
    ]
    words = _slices("device", map(":".join, devices))
    return words + options("gpus", (_gpu(item) for item in spec.gpus))


def _gpu(item: GpuRequest) -> str:
    which = [f"device={','.join(item.device_ids)}"] if item.device_ids else [f"count={'all' if item.count < 0 else item.count}"]
    driver = [f"driver={item.driver}"] if item.driver else []
    return record([*which, *driver, f"capabilities={','.join(item.capabilities)}"], "gpus")


def _health(check: HealthCheck) -> list[str]:
    """Its checks are lines for a shell: a command's words are quoted for one."""
    if check.test == ("NONE",):
        return ["--no-healthcheck"]
    kind, *test = check.test
    line = shlex.join(test) if kind == "CMD" else test[0] if len(test) == 1 else shlex.join(["sh", "-c", *test])
    times = {"interval": check.interval, "timeout": check.timeout, "start-period": check.start_period}
    words = [option("health-cmd", line), *(option(f"health-{name}", f"{ns}ns") for name, ns in times.items() if ns)]
    return words + ([option("health-retries", check.retries)] if check.retries else [])


__all__ = ["IMAGE", "OWN", "REMOVE", "THROUGH", "Creation", "create_words"]
