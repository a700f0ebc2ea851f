"""Every argument vector is one that the program takes, and each value arrives where it was meant, whatever it says."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.apple import kept, words
from perry_ffi.backends.apple.labels import KEPT, told
from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec, ExecOptions
from perry_ffi.model.image import BuildSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.volume import VolumeSpec
from tests.engines.apple import values
from tests.engines.apple.parser import Parsed, parse

IMAGE = "alpine:3"
NASTY = ["-x", "--help", "--", "-", "a=b", "=", "a,b", "a:b", "a\nb", '"', "'", "a b", "$(id)", "\\", "\r\n", "🙂", "a\u0338"]
TEXT = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12))
KEY = st.text(st.characters(exclude_categories=["Cs", "M"], exclude_characters="\0=\u200c\u200d"), min_size=1, max_size=12)


def made(members: dict[str, Any], model: type[ContainerSpec] = ContainerSpec) -> Parsed:
    spec = validate(model, {"image": IMAGE, **members})
    return parse(words.create(spec, "a-name", IMAGE, kept.written(spec)))


def variables(found: Parsed, given_apart: dict[str, str]) -> dict[str, str]:
    """What it reads of its words, and of the file that is given beside them."""
    lines = values.file_of_variables(words.parted(given_apart)[0])
    return values.environment([*lines, *found.all("env")], {"PATH": "the host's"})


@given(st.dictionaries(KEY, TEXT, max_size=4), st.dictionaries(KEY, TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_hostile_values_of_a_container(labels: dict[str, str], env: dict[str, str], command: list[str]) -> None:
    try:
        found = made({"labels": labels, "env": env, "cmd": command})
    except ValidationError:
        return
    assert told(values.labels(found.all("label"))) == labels
    assert variables(found, env) == env
    assert found.words == [IMAGE, *command]
    assert set(found.options) <= {"name", "label", "env"} and not found.flags


@given(st.lists(TEXT, min_size=1, max_size=4), st.dictionaries(KEY, TEXT, max_size=3), TEXT)
def test_hostile_values_of_a_command_inside(command: list[str], env: dict[str, str], user: str) -> None:
    try:
        options = validate(ExecOptions, {"env": env, "user": user, "stdin": "x"})
        found = parse(words.execute("a-name", command, options))
    except ValidationError:
        return
    assert found.words == ["a-name", *command] and found.flags == {"interactive"}
    assert variables(found, env) == env
    assert found.all("user") == ([user] if user else [])


@given(st.dictionaries(KEY, TEXT, max_size=3), st.dictionaries(KEY, TEXT, max_size=3))
def test_hostile_values_of_volumes(labels: dict[str, str], options: dict[str, str]) -> None:
    try:
        found = parse(words.volume("a-name", validate(VolumeSpec, {"labels": labels, "driver_opts": options})))
    except ValidationError:
        return
    assert values.entries(found.all("label")) == labels and found.words == ["a-name"]
    assert values.entries(found.all("opt")) == options


@given(st.dictionaries(KEY, TEXT, max_size=3), st.dictionaries(KEY, TEXT, max_size=3), TEXT)
def test_hostile_values_of_a_build(labels: dict[str, str], args: dict[str, str], target: str) -> None:
    try:
        spec = validate(BuildSpec, {"context": "-x", "labels": labels, "args": args, "target": target})
        found = parse(words.build(spec, ["a:1"], "/tmp/Dockerfile", {"id": "/a,b=c"}))
    except ContainerError:
        return
    assert values.environment(found.all("label"), {}) == labels and values.environment(found.all("build-arg"), {}) == args
    assert found.words[0].startswith("/") and found.words[0].endswith("/-x") and found.flags == set()
    assert found.all("secret") == ["id=id,src=/a,b=c"]


@given(TEXT, TEXT, st.booleans())
def test_hostile_paths(source: str, target: str, read_only: bool) -> None:
    """A path arrives whole, or is refused: by the model, here, or by the engine."""
    long = {"type": "bind", "source": f"/{source}", "target": f"/{target}", "read_only": read_only}
    try:
        found = made({"volumes": [long], "tmpfs": {f"/{target}/t": ""}, "workdir": f"/{target}"})
        mount = values.volume(found.one("volume"))
    except (ContainerError, values.Refused):
        return
    assert mount == values.Mount("virtiofs", os.path.abspath(f"/{source}"), mount.target, ("ro",) if read_only else ())
    assert (mount.target, found.one("tmpfs"), found.one("workdir")) == (f"/{target}", f"/{target}/t", f"/{target}")
    assert set(found.options) == {"name", "label", "volume", "tmpfs", "workdir"} and not found.flags


@given(TEXT, TEXT, st.integers(1, 1 << 30))
def test_hostile_paths_beside_a_size(folder: str, entrypoint: str, size: int) -> None:
    try:
        found = made({"tmpfs": {f"/{folder}": f"size={size}"}, "entrypoint": [entrypoint, "-x"], "cmd": ["--", "y"]})
        mount = values.mount(found.one("mount"))
    except (ContainerError, values.Refused):
        return
    assert mount == values.Mount("tmpfs", "", f"/{folder}", (f"size={size}",))
    assert found.one("entrypoint") == entrypoint and found.words == [IMAGE, "-x", "--", "y"]


@given(TEXT)
def test_a_name_is_a_name_or_refused(name: str) -> None:
    for make in (
        lambda: words.network(name, NetworkSpec()),
        lambda: words.volume(name, VolumeSpec()),
        lambda: words.create(ContainerSpec(image=IMAGE), name, IMAGE, None),
    ):
        try:
            argv = make()
        except ValidationError:
            continue
        assert name in (parse(argv).words[-1], parse(argv).one("name")) and not name.startswith("-")


WHOLE = {
    "workdir": "/-x", "user": "0:0", "ulimits": {"nofile": {"soft": 1, "hard": -1}}, "cpus": 1.5, "memory": "300m", "shm_size": "1m",
    "cap_add": ["NET_ADMIN"], "cap_drop": ["ALL"], "dns": ["1.1.1.1"], "platform": "linux/arm64", "read_only": True, "init": True,
    "rm": True, "ports": ["127.0.0.1:8080:80", "[::1]:81:81/udp"],
    "volumes": ["/host:/in:ro", "data:/data", "/any", {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "2m", "mode": 0o700}}],
    "tmpfs": {"/run": "", "/var/run": "size=64m,mode=755"}, "networks": {"front": {"mac_address": "02:42:ac:11:00:02"}, "back": None},
    "entrypoint": ["/bin/sh", "-c"], "cmd": ["exit 1"],
}  # fmt: skip


def test_every_member_that_it_takes() -> None:
    found = made({**WHOLE, "dns_opt": ["ndots:1"], "dns_search": ["a.b"], "stdin_open": True}, ServiceSpec)
    assert found.flags == {"read-only", "init", "rm", "interactive"}
    assert values.limits(found.all("ulimit")) == {"nofile": ("1", "unlimited")}
    assert (
        found.one("cpus") == "2"
        and values.size(found.one("memory")) == 300 << 20
        and values.size(found.one("shm-size")) == 1 << 20
    )
    assert values.ports(found.all("publish")) == [
        values.Port("127.0.0.1", 8080, 80, 1, "tcp"), values.Port("::1", 81, 81, 1, "udp"),
    ]  # fmt: skip
    assert [values.volume(text) for text in found.all("volume")] == [
        values.Mount("virtiofs", "/host", "/in", ("ro",)), values.Mount("volume", "data", "/data", ()),
        values.Mount("volume", "", "/any", ()),
    ]  # fmt: skip
    assert [values.mount(text) for text in found.all("mount")] == [
        values.Mount("tmpfs", "", "/t", (f"size={2 << 20}", "mode=700")),
        values.Mount("tmpfs", "", "/var/run", (f"size={64 << 20}", "mode=755")),
    ]  # fmt: skip
    assert [values.network(text) for text in found.all("network")] == [("front", "02:42:ac:11:00:02"), ("back", "")]
    assert found.one("entrypoint") == "/bin/sh" and found.words == [IMAGE, "-c", "exit 1"]
    assert found.all("tmpfs") == ["/run"] and KEPT in values.labels(found.all("label"))


@pytest.mark.parametrize(("memory", "given_to_it"), [("1", 200), ("200m", 200), (str((200 << 20) + 1), 201), ("1g", 1024)])
def test_a_machine_has_a_least_memory(memory: str, given_to_it: int) -> None:
    assert values.size(made({"memory": memory}).one("memory")) == given_to_it << 20


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"network": "host"}, "network"), ({"network": "container:other"}, "network"), ({"entrypoint": []}, "entrypoint"),
        ({"tmpfs": {"/a,b": "size=1m"}}, "tmpfs"),
        ({"volumes": [{"type": "tmpfs", "target": "/a=b", "tmpfs": {"size": "1m"}}]}, "volumes[0].target"),
    ],
)  # fmt: skip
def test_what_no_word_can_say(members: dict[str, Any], member: str) -> None:
    with pytest.raises(Unsupported) as caught:
        made(members)
    assert caught.value.details["member"] == f"ContainerSpec.{member}" and caught.value.details["backend"] == words.NAME


def test_networks() -> None:
    spec = {"internal": True, "labels": {"a.b": "1=2"}, "ipam": {"config": [{"subnet": "10.0.0.0/24"}, {"subnet": "fd00::/64"}]}}
    found = parse(words.network("front", validate(NetworkSpec, spec)))
    assert found.words == ["front"] and found.flags == {"internal"}
    assert (found.one("subnet"), found.one("subnet-v6")) == ("10.0.0.0/24", "fd00::/64")
    assert values.network_labels(found.all("label")) == {"a.b": "1=2"}


@pytest.mark.parametrize(("network", "given_to_it"), [(None, []), ("bridge", []), ("none", ["none"]), ("front", ["front"])])
def test_the_networks_of_a_container(network: str | None, given_to_it: list[str]) -> None:
    assert made({"network": network}).all("network") == given_to_it


def test_an_image_that_is_none() -> None:
    with pytest.raises(NotFound):
        words.create(ContainerSpec(image=IMAGE), "a-name", "--help", None)


def test_an_id_of_a_secret_that_would_be_two_fields() -> None:
    with pytest.raises(Unsupported, match="BuildSpec.secrets"):
        words.build(BuildSpec(), ["a:1"], "/f", {"a,src=/etc/passwd": "/x"})
