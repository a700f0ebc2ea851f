"""Every operation with values that were written to be taken for something else: each arrives in its place, or it is refused."""

from __future__ import annotations

import os.path
import re
from asyncio import iscoroutinefunction
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings

from perry_ffi.backends.apple.engine import AppleBackend
from perry_ffi.backends.apple.labels import told
from perry_ffi.backends.apple.resources import builds, use
from perry_ffi.backends.apple.responses.resources import System
from perry_ffi.backends.apple.sayings import SAYINGS, words
from perry_ffi.backends.contract.absent import CoreBackend
from perry_ffi.backends.contract.base import Backend
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.build_values import BuildSecret
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogOptions
from perry_ffi.model.container_values import Attachment
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from perry_ffi.model.mounts import Mount
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.network_values import Ipam, Subnet
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.volume import VolumeSpec
from tests.engines.apple import documents, values
from tests.engines.apple.parser import parse
from tests.unit.backends.command_line.hostile import HOSTILE, TAME, Noting, Seen, compare, seen

CONTAINER = {
    "configuration": {"id": "web", "image": {"reference": "bb", "descriptor": {"digest": "sha256:1"}}, "creationDate": "2026-01-01T00:00:00Z"},
    "id": "web", "status": {"state": "running"},
}  # fmt: skip
IMAGE = {"name": "bb:1", "digest": f"sha256:{'a' * 64}", "created": "2026-01-01T00:00:00Z", "config": {}}
ANSWERS: dict[str, Any] = {
    "inspect": [CONTAINER], "list": [CONTAINER], "image inspect": [documents.image(IMAGE)], "image list": [documents.image(IMAGE)],
}  # fmt: skip
CHANGING = ("create", "start", "stop", "kill", "delete", "tag", "push", "pull", "build", "copy", "exec")
TAKEN_APART: dict[str, Callable[[Sequence[str]], Any]] = {
    "env": lambda found: values.environment(found, {}),
    "build-arg": lambda found: values.environment(found, {}),
    "opt": values.entries,
    "volume": lambda found: [list(values.volume(text)) for text in found],
    "mount": lambda found: [list(values.mount(text)) for text in found],
    "network": lambda found: [list(values.network(text)) for text in found],
    "ulimit": values.limits,
    "secret": lambda found: [text.split(",", 1) for text in found],
}


def read(argv: Sequence[str]) -> Any:
    """The command, its options by name, its flags and its words. What the program refuses is refused."""
    found = parse([re.sub("perry-build-[a-z0-9_]{8}", "perry-build", word) for word in argv])
    name = " ".join(found.command)
    options: dict[str, Any] = {}
    try:
        for key, given_to_it in found.options.items():
            if key == "label":
                made = name in ("network create", "volume create")
                options[key] = values.entries(given_to_it) if made else told(values.labels(given_to_it))
            else:
                options[key] = TAKEN_APART.get(key, list)(given_to_it)
    except values.Refused as error:
        raise ValidationError(f"{name}: {error}", path=name) from None
    return name, options, sorted(found.flags), found.words


@pytest.fixture(autouse=True, scope="module")
def _every_secret_has_its_file() -> Iterator[None]:
    with mock.patch.object(builds, "_is_there", return_value=True):
        yield


HARMLESS: dict[Any, Seen] = {}
"""What each operation asks for with the harmless value."""


def asked(work: Callable[[Any, str], Awaitable[Any]], value: str, last: str = "") -> None:
    def one(value: str) -> Any:
        said = {name: documents.compact(answer).encode() for name, answer in ANSWERS.items()}
        own = Noting(
            "/no/container",
            (),
            {},
            "apple/container",
            5.0,
            SAYINGS,
            words,
            read_words=read,
            read_file=values.file_of_variables,
            answers=said,
        )
        return seen(own, lambda: work(AppleBackend(own, System("running", "/", "1.2")), value))

    tame = HARMLESS.get(work) or HARMLESS.setdefault(work, one(TAME))
    assert tame.calls and last in ("", tame.calls[-1][0]), tame
    compare(tame, one(value), value, lambda call: call[0].split()[-1] in CHANGING)


def service(**members: Any) -> ServiceSpec:
    """A spec with values that no model would take: what makes words must not rely on it."""
    return ServiceSpec.model_construct(**{**ServiceSpec(image="bb", name="web").__dict__, **members})


def plain(**members: Any) -> ContainerSpec:
    return ContainerSpec.model_construct(**{**ContainerSpec(image="bb", name="web").__dict__, **members})


def path(text: str) -> str:
    """An absolute path that is written as it is."""
    if os.path.abspath(text) != text:
        raise ValidationError(f"{text!r} has another form")
    return text


def apart(text: str) -> str:
    """A subnet of the fourth version."""
    if ":" in text:
        raise ValidationError(f"{text!r} is another kind of subnet")
    return f"a{text}"


SPECS: dict[str, Callable[[str], ContainerSpec]] = {
    "image": lambda v: service(image=v),
    "name": lambda v: service(name=v),
    "labels": lambda v: plain(labels={f"a{v}": v, v: "b"}),
    "env": lambda v: service(env={f"a{v}": v, v: "b"}),
    "cmd": lambda v: service(cmd=[v, "-x", v]),
    "entrypoint": lambda v: service(entrypoint=[v, v], cmd=[v]),
    "user, workdir": lambda v: service(user=v, workdir=v),
    "networks": lambda v: service(networks=[Attachment(v), Attachment(f"a{v}")]),
    "network": lambda v: service(network=v),
    "mac_address": lambda v: service(networks=[Attachment("front", mac_address=v)]),
    "bind": lambda v: service(volumes=[Mount("bind", f"/{v}", path(f"/a{v}b"), create_host_path=False, read_only=True)]),
    "bind at the root": lambda v: service(volumes=[Mount("bind", f"/{v}", path(f"/{v}"), create_host_path=False)]),
    "volume": lambda v: service(volumes=[Mount("volume", f"/{v}", f"a{v}"), Mount("volume", f"/a{v}")]),
    "memory": lambda v: service(volumes=[Mount("tmpfs", f"/{v}", size=5, mode=0o700)]),
    "tmpfs": lambda v: service(tmpfs={f"/{v}": ""}),
    "tmpfs with a size": lambda v: service(tmpfs={f"/{v}": "size=1m"}),
    "dns": lambda v: service(dns=[f"{v}."], dns_opt=[v], dns_search=[v]),
    "capabilities": lambda v: service(cap_add=[v], cap_drop=[v]),
    "platform": lambda v: service(platform=v),
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


def build(**members: Any) -> BuildSpec:
    return BuildSpec.model_construct(**{**BuildSpec(dockerfile_inline="FROM bb").__dict__, **members})


async def known(ident: Awaitable[str | None]) -> str:
    if (found := await ident) is None:
        raise NotFound("there is none")
    return found


Operation = Callable[[Any, str], Awaitable[Any]]
OPERATIONS: dict[str, list[Operation]] = {
    name: [lambda backend, v, name=name: getattr(backend, name)(v)]  # type: ignore[misc]
    for name in (
        "start_container", "stop_container", "remove_container", "inspect_container", "container_spec", "probe_health", "health_log",
        "inspect_image", "remove_image", "remove_network", "inspect_network", "remove_volume", "inspect_volume", "attach_container",
        "container_stats",
    )
} | {
    "image_id": [lambda b, v: known(b.image_id(v))],
    "kill_container": [lambda b, v: b.kill_container(v), lambda b, v: b.kill_container("web", v)],
    "wait_container": [lambda b, v: b.wait_container(v, 0.01)],
    "list_containers": [lambda b, v: b.list_containers(all=True, labels={v: v, f"a{v}": None})],
    "list_networks": [lambda b, v: b.list_networks(labels={v: v})],
    "list_volumes": [lambda b, v: b.list_volumes(labels={v: v})],
    "read_logs": [lambda b, v: b.read_logs(v, LogOptions())],
    "follow_logs": [lambda b, v: b.follow_logs(v, LogOptions())],
    "exec_container": [
        lambda b, v: b.exec_container("web", [v, v], ExecOptions()),
        lambda b, v: b.exec_container(v, ["a"], ExecOptions()),
        lambda b, v: b.exec_container("web", ["a"], ExecOptions.model_construct(env={f"a{v}": v, v: "b"}, workdir=v, user=v, stdin=v)),
    ],
    "tag_image": [lambda b, v: b.tag_image("bb", v), lambda b, v: b.tag_image(v, "bb:2")],
    "pull_image": [
        lambda b, v: b.pull_image(v, PullOptions()),
        lambda b, v: b.pull_image("bb", PullOptions.model_construct(platform=v)),
    ],
    "push_image": [
        lambda b, v: b.push_image(v, PushOptions()),
        lambda b, v: b.push_image("bb", PushOptions.model_construct(platform=v)),
    ],
    "create_network": [
        lambda b, v: b.create_network(v, NetworkSpec()),
        lambda b, v: b.create_network("front", NetworkSpec.model_construct(labels={f"a{v}": v, v: "b"})),
        lambda b, v: b.create_network("front", NetworkSpec.model_construct(ipam=Ipam(config=(Subnet(apart(v)),)))),
    ],
    "create_volume": [
        lambda b, v: b.create_volume(v, VolumeSpec()),
        lambda b, v: b.create_volume("data", VolumeSpec.model_construct(labels={f"a{v}": v, v: "b"}, driver_opts={f"a{v}": v})),
    ],
    "build_image": [
        lambda b, v: b.build_image(build(args={f"a{v}": v, v: "b"}, labels={f"a{v}": v}), "bb:2"),
        lambda b, v: b.build_image(build(target=v, platform=v), "bb:2"),
        lambda b, v: b.build_image(build(tags=[v]), v),
        lambda b, v: b.build_image(build(secrets=[BuildSecret(v, content=b"x"), BuildSecret("another", file=path(f"/{v}"))]), "bb:2"),
        lambda b, v: b.build_image(build(dockerfile_inline=f"FROM bb\n#{v}"), "bb:2"),
    ],
}  # fmt: skip
ELSEWHERE = {
    "aclose", "info", "list_images", "health_probes_run_by_engine", "check_container", "create_container", "check_network", "check_volume",
}  # fmt: skip
"""Those without a text, and those that are looked at above."""
HELPERS = {"look", "image_for", "spread_names", "log_text"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "APART", 0.001)

    @settings(max_examples=25)
    @given(HOSTILE)
    def arrives(value: str) -> None:
        for work in OPERATIONS[operation]:
            asked(work, value)

    arrives()


def test_no_operation_is_forgotten() -> None:
    own = {name for name in dir(AppleBackend) if iscoroutinefunction(getattr(AppleBackend, name)) and not name.startswith("_")}
    theirs = {name for name in own if name in dir(Backend) and getattr(AppleBackend, name) is getattr(CoreBackend, name)}
    assert own - theirs - HELPERS <= set(OPERATIONS) | ELSEWHERE
