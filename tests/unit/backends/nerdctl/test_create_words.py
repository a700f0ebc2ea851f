"""What somebody wrote stays one value of its option, whatever it is: words are read back as nerdctl reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.command_line.arguments import named
from perry_ffi.backends.nerdctl.create_words import OWN, Creation, create_words
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_values import Attachment, HealthCheck
from perry_ffi.model.mounts import Mount
from perry_ffi.model.ports import Port
from perry_ffi.model.service import ServiceSpec
from tests.engines.nerdctl.flags import mount, split

KNOWN = Creation("web", "sha256:1", Path("/here"))
ODD = st.text(st.sampled_from("-=,:\"'\n \t\\$`ab;|/"), max_size=12)
ANY = st.one_of(ODD, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20))
KEY = ANY.filter(lambda key: key != "" and "=" not in key)
PATH = ANY.map(lambda text: f"/{text}".replace(":", ""))


def spec(**members: Any) -> ContainerSpec:
    """A spec with values that no model would take: what makes words must not rely on it."""
    return ServiceSpec.model_construct(**{**ServiceSpec(image="bb", name="web").__dict__, **members})


def read(made: ContainerSpec) -> tuple[dict[str, Any], list[str]]:
    """What nerdctl makes of the words: its options, and the image with the command."""
    name, options, words = split(create_words(made, KNOWN))
    assert name == "create" and words[0] == "bb"
    return options, words[1:]


@given(st.lists(ANY, min_size=1, max_size=5), st.one_of(st.none(), st.lists(ANY, min_size=1, max_size=3)))
def test_a_command_stays_a_command(command: list[str], entrypoint: list[str] | None) -> None:
    options, words = read(spec(cmd=command, entrypoint=entrypoint))
    assert [*options.get("entrypoint", []), *words] == [*(entrypoint or []), *command]
    assert set(options) <= {"pull", "name", "label", "network", "entrypoint"}


def test_an_entrypoint_that_is_cleared_is_taken_the_place_of() -> None:
    known = Creation("web", "sha256:1", Path("/here"), ("sh", "-c"))
    for cmd, argv in ((["a", "b"], ["a", "b"]), (None, ["sh", "-c"])):
        _, options, words = split(create_words(spec(entrypoint=[], cmd=cmd), known))
        assert [*options["entrypoint"], *words[1:]] == argv
    assert "entrypoint" not in split(create_words(spec(cmd=["a"]), known))[1]


@given(st.dictionaries(KEY, ANY, max_size=3), st.dictionaries(KEY, ANY, max_size=3))
def test_labels_and_variables(labels: dict[str, str], env: dict[str, str]) -> None:
    options, _ = read(spec(labels=labels, env=env))
    pairs = {key: dict(item.split("=", 1) for item in options.get(key, [])) for key in ("label", "env")}
    assert {key: text for key, text in pairs["label"].items() if not key.startswith(OWN)} == labels
    assert pairs["env"] == env


@given(PATH, PATH, st.booleans())
def test_mounts(source: str, target: str, read_only: bool) -> None:
    mounts = [
        Mount("bind", target, source, read_only=read_only, create_host_path=False),
        Mount("volume", target, "data", read_only=read_only),
        Mount("bind", target, source, read_only=read_only),
        Mount("volume", target),
    ]
    options, _ = read(spec(volumes=mounts))
    ends = {"dst": target, **({"readonly": ""} if read_only else {})}
    assert list(map(mount, options["mount"])) == [
        {"type": "bind", "src": source, **ends}, {"type": "volume", "src": "data", **ends},
    ]  # fmt: skip
    assert options["volume"] == [f"{source}:{target}" + (":ro" if read_only else ""), target]


@given(ANY, st.lists(ANY.filter(bool), min_size=1, max_size=3))
def test_lists(text: str, many: list[str]) -> None:
    members = {"extra_hosts": many, "dns": many, "cap_add": many, "group_add": many, "dns_search": many, "dns_opt": many}
    options, _ = read(spec(**members, user=text, hostname=text or None))
    for flag in ("add-host", "dns", "cap-add", "group-add", "dns-search", "dns-opt"):
        assert options[flag] == many
    assert options.get("user", "") == text and options.get("hostname", "") == text


@given(st.lists(KEY.map(lambda name: name.replace(":", "")).filter(bool), min_size=1, max_size=3, unique=True))
def test_networks(names: list[str]) -> None:
    options, _ = read(spec(networks=[Attachment(name) for name in names]))
    assert options["network"] == names


@pytest.mark.parametrize(
    ("mode", "told"),
    [(None, "bridge"), ("default", "bridge"), ("none", "none"), ("container:a", "container:a"), ("front", "front")],
)
def test_modes(mode: str | None, told: str) -> None:
    options, _ = read(spec(network=mode, hostname="h"))
    assert options["network"] == [told] and ("hostname" in options) == (mode != "container:a")


@given(st.lists(ANY.filter(bool), min_size=1, max_size=4))
def test_the_words_of_a_check_are_those_of_a_shell(words: list[str]) -> None:
    import shlex

    options, _ = read(spec(healthcheck=HealthCheck(("CMD", *words))))
    assert shlex.split(options["health-cmd"]) == words


@given(ANY)
def test_a_name_that_stands_alone(name: str) -> None:
    try:
        word = named(name, "container", "nerdctl")
    except NotFound:
        return
    assert split(["stop", word]) == ("stop", {}, [word])


def test_all_of_a_service() -> None:
    made = spec(
        cmd=["x"], ports=[Port(80, "8080", "127.0.0.1"), Port(53, "", "", "udp"), Port(81, "0", "::1")], restart=("on-failure", 3),
        healthcheck=HealthCheck(("CMD-SHELL", "test -e /x"), interval=5 * 10**9, retries=2), stop_timeout=-1, memory=1024, cpus=0.5,
        networks=[Attachment("n1", ("web", "front"), "10.1.2.3")], read_only=True, privileged=True, init=True, tmpfs={"/t": "size=1m"},
        domainname="d.example", mem_reservation=5, annotations={"a": "b"}, volumes_from=["other:ro"], rm=True, shm_size=9,
    )  # fmt: skip
    options, words = read(made)
    assert words == ["x"] and options["publish"] == ["127.0.0.1:8080:80/tcp", "53/udp", "[::1]::81/tcp"]
    assert (options["restart"], options["health-cmd"], options["health-interval"]) == (
        "on-failure:3",
        "test -e /x",
        "5000000000ns",
    )
    assert (options["hostname"], options["ip"], options["stop-timeout"]) == ("front", "10.1.2.3", "2147483647")
    assert options["read-only"] and options["privileged"] and options["init"] and options["tmpfs"] == ["/t:size=1m"]
    assert (options["memory"], options["cpus"], options["memory-reservation"], options["shm-size"]) == ("1024", "0.5", "5", "9")
    assert options["volumes-from"] == ["other:ro"] and options["annotation"] == ["a=b"] and "rm" not in options
    assert f"{OWN}remove=true" in options["label"] and f"{OWN}image=sha256:1" in options["label"]


def test_a_path_that_an_option_cannot_say() -> None:
    with pytest.raises(ValidationError):
        create_words(spec(volumes=[Mount("bind", "/a", "/b:c")]), KNOWN)
    relative = create_words(spec(volumes=[Mount("bind", "/a", "./b")]), KNOWN)
    assert "--volume=/here/b:/a" in relative
