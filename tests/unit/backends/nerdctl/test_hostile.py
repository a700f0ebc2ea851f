"""Every operation with values that were written to be taken for something else: each arrives in its place, or it is refused."""

from __future__ import annotations

import json
import os.path
import re
from asyncio import iscoroutinefunction
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.backends.contract.absent import CoreBackend
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.interaction import Terms
from perry_ffi.backends.nerdctl.calls import label_filters
from perry_ffi.backends.nerdctl.engine import NerdctlBackend
from perry_ffi.backends.nerdctl.sayings import TABLE, failure
from perry_ffi.errors import NotFound
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogOptions
from perry_ffi.model.container_values import Attachment, GpuRequest, HealthCheck
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from perry_ffi.model.mounts import Mount
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.network_values import Ipam, Subnet
from perry_ffi.model.resource_values import Device, Ulimit
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import BlkioConfig, Logging
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.settings import Settings
from tests.engines.nerdctl import environment
from tests.engines.nerdctl.flags import fields, mount, split
from tests.unit.backends.command_line.hostile import HOSTILE, TAME, Noting, Seen, compare, seen

CONTAINER = {
    "Id": "c" * 64,
    "Name": "web",
    "State": {"Status": "running"},
    "Config": {},
    "Image": "bb",
    "Created": "2026-01-01T00:00:00Z",
}
IMAGE = {"Id": f"sha256:{'a' * 64}", "RepoTags": ["bb:1"], "Os": "linux", "Architecture": "amd64", "Size": 1, "Config": {}}
ANSWERS: dict[str, Any] = {
    "container inspect": [CONTAINER], "image inspect": [IMAGE], "network inspect": [{"CNI": {"name": "front", "plugins": []}}],
    "ps": {"ID": "c" * 64}, "create": "c" * 64, "wait": 0,
}  # fmt: skip
CHANGING = (
    "create",
    "start",
    "stop",
    "kill",
    "rm",
    "rename",
    "pause",
    "unpause",
    "restart",
    "rmi",
    "tag",
    "push",
    "pull",
    "build",
    "cp",
    "exec",
)
COLONS = ("volume", "device", "tmpfs", *(f"device-{way}-{of}" for way in ("read", "write") for of in ("bps", "iops")))
PAIRS = ("label", "sysctl", "annotation", "log-opt", "opt", "build-arg", "build-context", "security-opt", "filter")
RECORDS = ("gpus", "secret")


def apart(name: str, text: str) -> Any:
    """One value of an option, taken apart as the program does it."""
    if name == "mount":
        return mount(text)
    if name in COLONS:
        return text.split(":")
    if name == "ssh":
        ident, _, sockets = text.partition("=")
        return ident, sockets.split(",")
    if name in PAIRS:
        return text.partition("=")[::2]
    return fields(text, name) if name in RECORDS else text


def variable(text: str) -> tuple[str, str]:
    """A variable: of those of a name the last counts, and where they come from does not."""
    name, _, value = text.partition("=")
    return name, value


def read(argv: Sequence[str]) -> Any:
    """The command, its options by name, and its words."""
    name, options, words = split([re.sub("perry-build-[a-z0-9_]{8}", "perry-build", word) for word in argv])
    told = {
        key: dict(map(variable, value))
        if key == "env"
        else [apart(key, item) for item in value]
        if isinstance(value, list)
        else value
        for key, value in options.items()
        if key != "filter"  # what it leaves is looked at again
    }
    return name, told, [word.split(":", 1) if name == "cp" else word for word in words]


def line(answers: dict[str, Any] = ANSWERS) -> Noting:
    said = {name: json.dumps(answer).strip('"').encode() for name, answer in answers.items()}
    return Noting("/nerdctl", (), {}, "nerdctl", 5.0, TABLE, failure, read_words=read, read_file=environment.lines, answers=said)


HARMLESS: dict[Any, Seen] = {}
"""What each operation asks for with the harmless value."""


def asked(work: Callable[[Backend, str], Awaitable[Any]], value: str, last: str = "") -> None:
    def one(value: str) -> Any:
        own = line()
        backend = NerdctlBackend(own, Settings.from_environ({}), identity="", address="")
        return seen(own, lambda: work(backend, value))

    tame = HARMLESS.get(work) or HARMLESS.setdefault(work, one(TAME))
    assert tame.calls and last in ("", tame.calls[-1][0])
    compare(tame, one(value), value, lambda call: call[0].split()[-1] in CHANGING)


def service(**members: Any) -> ServiceSpec:
    """A spec with values that no model would take: what makes words must not rely on it."""
    return ServiceSpec.model_construct(**{**ServiceSpec(image="bb", name="web").__dict__, **members})


def plain(**members: Any) -> ContainerSpec:
    return ContainerSpec.model_construct(**{**ContainerSpec(image="bb", name="web").__dict__, **members})


SPECS: dict[str, Callable[[str], ContainerSpec]] = {
    "image": lambda v: service(image=v),
    "name": lambda v: service(name=v),
    "labels": lambda v: plain(labels={f"a{v}": v, v: "b"}),
    "env": lambda v: service(env={f"a{v}": v, v: "b"}),
    "cmd": lambda v: service(cmd=[v, "-x", v]),
    "entrypoint": lambda v: service(entrypoint=[v, v], cmd=[v]),
    "user, workdir": lambda v: service(user=v, workdir=v),
    "hostname, domainname": lambda v: service(hostname=v, domainname=v),
    "stop_signal": lambda v: plain(stop_signal=v, runtime=v),
    "restart": lambda v: service(restart=(v, 0)),
    "network": lambda v: service(network=v),
    "network of another": lambda v: service(network=f"container:{v}"),
    "networks": lambda v: service(networks=[Attachment(v), Attachment(f"a{v}")]),
    "addresses": lambda v: service(networks=[Attachment("front", ipv4_address=v, ipv6_address=v, mac_address=v)]),
    "aliases": lambda v: service(networks=[Attachment("front", (v,))]),
    "mac_address": lambda v: service(mac_address=v),
    "bind": lambda v: service(volumes=[Mount("bind", f"/{v}", f"/{v}", create_host_path=False, read_only=True)]),
    "bind, made": lambda v: service(volumes=[Mount("bind", f"/{v}", f"/{v}", read_only=True)]),
    "volume": lambda v: service(volumes=[Mount("volume", f"/{v}", v), Mount("volume", f"/a{v}")]),
    "volume of a name": lambda v: plain(volumes=[Mount("volume", "/a", f"a{v}", propagation=v)]),
    "memory": lambda v: service(volumes=[Mount("tmpfs", f"/{v}", size=5, mode=0o700)]),
    "tmpfs": lambda v: service(tmpfs={f"/{v}": ""}),
    "tmpfs with a size": lambda v: service(tmpfs={f"/{v}": "size=1m"}),
    "devices": lambda v: service(devices=[Device(f"/{v}", f"/{v}")]),
    "extra_hosts": lambda v: service(extra_hosts=[f"{v}:10.0.0.1"]),
    "dns": lambda v: service(dns=[v], dns_opt=[v], dns_search=[v]),
    "capabilities": lambda v: service(cap_add=[v], cap_drop=[v]),
    "ulimits": lambda v: service(ulimits=[Ulimit(v, 1, 2)]),
    "sysctls": lambda v: service(sysctls={f"a{v}": v}),
    "security_opt": lambda v: service(security_opt=[f"apparmor={v}"]),
    "gpus": lambda v: service(gpus=[GpuRequest(driver=v, device_ids=(v, "1"), capabilities=(v, "gpu"))]),
    "healthcheck": lambda v: service(healthcheck=HealthCheck(("CMD-SHELL", v))),
    "namespaces": lambda v: service(pid=v, ipc=v, uts=v),
    "cgroups": lambda v: service(cgroup=v, cgroup_parent=v, cpuset=v),
    "group_add": lambda v: service(group_add=[v]),
    "annotations": lambda v: service(annotations={f"a{v}": v}),
    "logging": lambda v: service(logging=Logging("json-file", {f"a{v}": v})),
    "blkio": lambda v: service(blkio_config=BlkioConfig(device_read_bps={f"/{v}": 5})),
}  # fmt: skip
"""Each member that is a text, or holds one."""


@pytest.mark.parametrize("member", SPECS)
def test_members_of_a_container(member: str) -> None:
    def work(backend: Any, value: str) -> Awaitable[Any]:
        return backend.create_container(SPECS[member](value))  # type: ignore[no-any-return]

    @settings(max_examples=25)
    @given(HOSTILE)
    def arrives(value: str) -> None:
        asked(work, value, "create")

    arrives()


def test_relative_bind() -> None:
    """A source is written as paths are; what is written otherwise is written anew, and is no longer the value."""

    def work(backend: Any, value: str) -> Awaitable[Any]:
        return backend.create_container(service(volumes=[Mount("bind", "/a", f"a{value}b", create_host_path=False)]))  # type: ignore[no-any-return]

    @settings(max_examples=25)
    @given(HOSTILE.filter(lambda value: os.path.normpath(f"a{value}b") == f"a{value}b"))
    def arrives(value: str) -> None:
        asked(work, value, "create")

    arrives()


def test_volumes_of_another() -> None:
    """A mode may stand behind the name, which is looked for."""

    def work(backend: Any, value: str) -> Awaitable[Any]:
        return backend.create_container(service(volumes_from=[value, f"{value}:ro"]))  # type: ignore[no-any-return]

    @settings(max_examples=25)
    @given(HOSTILE)
    def arrives(value: str) -> None:
        if ":" not in value:
            asked(work, value, "create")

    arrives()


def build(**members: Any) -> BuildSpec:
    return BuildSpec.model_construct(**{**BuildSpec(dockerfile_inline="FROM bb").__dict__, **members})


Operation = Callable[[Any, str], Awaitable[Any]]
OPERATIONS: dict[str, list[Operation]] = {
    name: [lambda backend, v, name=name: getattr(backend, name)(v)]  # type: ignore[misc]
    for name in (
        "start_container", "stop_container", "remove_container", "inspect_container", "wait_container", "pause_container",
        "unpause_container", "restart_container", "container_stats", "was_stopped", "probe_health", "health_log", "inspect_image",
        "remove_image", "remove_network", "inspect_network", "remove_volume", "inspect_volume",
        "attach_container",
    )
} | {
    "rename_container": [lambda b, v: b.rename_container("other", v), lambda b, v: b.rename_container(v, "other")],
    "image_id": [lambda b, v: known(b.image_id(v))],
    "kill_container": [lambda b, v: b.kill_container(v)],
    "list_containers": [lambda b, v: b.list_containers(all=True, labels={v: v, f"a{v}": None})],
    "list_networks": [lambda b, v: b.list_networks(labels={v: v})],
    "list_volumes": [lambda b, v: b.list_volumes(labels={v: v})],
    "read_logs": [lambda b, v: b.read_logs(v, LogOptions())],
    "follow_logs": [lambda b, v: b.follow_logs(v, LogOptions())],
    "container_logs": [lambda b, v: b.container_logs(v, LogOptions())],
    "exec_container": [
        lambda b, v: b.exec_container("web", [v, v], ExecOptions()),
        lambda b, v: b.exec_container(v, ["a"], ExecOptions()),
        lambda b, v: b.exec_container("web", ["a"], ExecOptions.model_construct(env={f"a{v}": v, v: "b"}, workdir=v, user=v, stdin=v)),
    ],
    "exec_stream": [lambda b, v: b.exec_stream("web", ["-x", v], ExecOptions(), stdin=True)],
    "exec_detached": [
        lambda b, v: b.exec_detached("web", ["-x", v], ExecOptions.model_construct(env={v: v}, workdir=v, user=v)),
        lambda b, v: b.exec_detached(v, ["a"], ExecOptions()),
    ],
    "talk_to_command": [
        lambda b, v: b.talk_to_command("web", ["-x", v], ExecOptions.model_construct(env={v: v}, workdir=v, user=v), Terms()),
        lambda b, v: b.talk_to_command("web", [v], ExecOptions.model_construct(env={v: v}, user=v), Terms(terminal=True)),
    ],
    "talk_to_container": [lambda b, v: b.talk_to_container(v, Terms())],
    "put_archive": [lambda b, v: b.put_archive("web", f"/{v}", b"x"), lambda b, v: b.put_archive(v, "/a", b"x")],
    "get_archive": [lambda b, v: b.get_archive("web", f"/{v}"), lambda b, v: b.get_archive(v, "/a")],
    "tag_image": [lambda b, v: b.tag_image("bb", v), lambda b, v: b.tag_image(v, "bb:2")],
    "pull_image": [
        lambda b, v: b.pull_image(v, PullOptions()),
        lambda b, v: b.pull_image("bb", PullOptions.model_construct(platform=v, username=v, password=v, identity_token=v)),
    ],
    "push_image": [
        lambda b, v: b.push_image(v, PushOptions()),
        lambda b, v: b.push_image("bb", PushOptions.model_construct(platform=v, username=v, password=v)),
    ],
    "check_network": [lambda b, v: b.create_network(v, NetworkSpec())],
    "create_network": [
        lambda b, v: b.create_network("front", NetworkSpec.model_construct(labels={f"a{v}": v, v: "b"})),
        lambda b, v: b.create_network("front", NetworkSpec.model_construct(driver=v, driver_opts={"parent": v})),
        lambda b, v: b.create_network(
            "front", NetworkSpec.model_construct(ipam=Ipam(config=(Subnet(subnet=v, gateway=v, ip_range=v),)))
        ),
    ],
    "check_volume": [lambda b, v: b.create_volume(v, VolumeSpec())],
    "create_volume": [lambda b, v: b.create_volume("data", VolumeSpec.model_construct(labels={f"a{v}": v, v: "b"}))],
    "build_image": [
        lambda b, v: b.build_image(build(args={f"a{v}": v, v: "b"}, labels={f"a{v}": v}), "bb:2"),
        lambda b, v: b.build_image(build(target=v, network=v), "bb:2"),
        lambda b, v: b.build_image(build(platform=v), "bb:2"),
        lambda b, v: b.build_image(build(tags=[v]), v),
        lambda b, v: b.build_image(build(cache_from=[v], cache_to=[v], entitlements=[v], extra_hosts=[f"{v}:10.0.0.1"]), "bb:2"),
        lambda b, v: b.build_image(build(additional_contexts={v: f"docker-image://{v}"}), "bb:2"),
        lambda b, v: b.build_image(build(secrets=[BuildSecret(v, content=b"x")], ssh=[BuildAgent(f"a{v}", f"/{v}")]), "bb:2"),
        lambda b, v: b.build_image(build(dockerfile_inline=f"FROM bb\n#{v}"), "bb:2"),
    ],
}  # fmt: skip


async def known(ident: Awaitable[str | None]) -> str:
    if (found := await ident) is None:
        raise NotFound("there is none")
    return found


WITHOUT_WORDS = {
    "aclose",
    "info",
    "list_images",
    "health_probes_run_by_engine",
    "check_container",
    "create_container",
    "run_container",
}


def test_no_operation_is_forgotten() -> None:
    own = {
        name for name in dir(NerdctlBackend) if iscoroutinefunction(getattr(NerdctlBackend, name)) and not name.startswith("_")
    }
    theirs = {name for name in own if getattr(NerdctlBackend, name) is getattr(CoreBackend, name, None) and name in dir(Backend)}
    helpers = {"checked_exec", "described", "image_for", "one", "one_or_more", "rows", "answer"}
    assert own - theirs - helpers <= set(OPERATIONS) | WITHOUT_WORDS


@given(st.dictionaries(HOSTILE, st.one_of(st.none(), HOSTILE), max_size=3))
def test_a_list_is_narrowed_by_whole_labels_only(labels: dict[str, str | None]) -> None:
    _, options, words = split(["ps", *label_filters(labels)])
    asked = {f"label={name}" for name in labels} | {f"label={name}={value}" for name, value in labels.items()}
    assert set(options.get("filter", [])) <= asked and not words and set(options) <= {"filter"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(operation: str) -> None:
    @settings(max_examples=25)
    @given(HOSTILE)
    def arrives(value: str) -> None:
        for work in OPERATIONS[operation]:
            asked(work, value)

    arrives()
