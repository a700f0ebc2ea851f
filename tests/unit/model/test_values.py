"""Parsers of single values: forms that are taken, forms that are refused, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perry_ffi.errors import ValidationError
from perry_ffi.model import container_values as own
from perry_ffi.model import host_values as host
from perry_ffi.model import mounts, ports, reference, values
from perry_ffi.model import service_values as service
from perry_ffi.model.container_values import Attachment, GpuRequest, HealthCheck, Moment
from perry_ffi.model.mounts import Mount
from perry_ffi.model.platform import platform
from perry_ffi.model.ports import Port
from perry_ffi.model.values import Device, Ulimit

S = 10**9
TAKEN: list[tuple[Callable[[Any], Any], Any, Any]] = [
    (values.duration, "1m30s", 90 * S),
    (values.duration, "1.5h", 5400 * S),
    (values.duration, "1ns", 1),
    (values.duration, "100us", 100_000),
    (values.duration, "2µs", 2_000),
    (values.duration, "1h2m3s4ms", 3723 * S + 4_000_000),
    (values.duration, 5, 5 * S),
    (values.duration, 0.25, S // 4),
    (values.duration, "10", 10 * S),
    (values.duration, 0, 0),
    (values.grace, "1500ms", 2),
    (values.size, "64m", 64 << 20),
    (values.size, "1.5g", 3 << 29),
    (values.size, "512KB", 512 << 10),
    (values.size, "1 GiB", 1 << 30),
    (values.size, "100b", 100),
    (values.size, 4096, 4096),
    (values.size, "4096", 4096),
    (values.cpus, 0.5, 0.5),
    (values.cpus, "1.5", 1.5),
    (values.env, {"A": "b", "N": 1, "T": True, "F": 1.5, "W": 3.0}, {"A": "b", "N": "1", "T": "true", "F": "1.5",
        "W": "3"}),
    (values.env, ["A=b=c", "E="], {"A": "b=c", "E": ""}),
    (values.labels, ["a", "b=c"], {"a": "", "b": "c"}),
    (host.extra_hosts, ["a:1.2.3.4", "b=::1", "c:[::2]", "d:host-gateway"], ["a:1.2.3.4", "b:::1", "c:::2",
        "d:host-gateway"]),
    (host.extra_hosts, {"a": "1.2.3.4", "b": ["1.1.1.1", "::1"]}, ["a:1.2.3.4", "b:1.1.1.1", "b:::1"]),
    (values.ulimits, {"nofile": 5, "core": {"soft": 0, "hard": -1}}, [Ulimit("nofile", 5, 5), Ulimit("core", 0, -1)]),
    (values.ulimits, ["nofile=1:2", "nproc=3"], [Ulimit("nofile", 1, 2), Ulimit("nproc", 3, 3)]),
    (values.device, "/dev/fuse", Device("/dev/fuse", "/dev/fuse", "rwm")),
    (values.device, "/dev/a:/dev/b", Device("/dev/a", "/dev/b", "rwm")),
    (values.device, "/dev/a:/dev/b:r", Device("/dev/a", "/dev/b", "r")),
    (values.device, "/dev/a:rw", Device("/dev/a", "/dev/a", "rw")),
    (values.device, {"source": "/dev/a", "permissions": "m"}, Device("/dev/a", "/dev/a", "m")),
    (values.restart, "on-failure:3", ("on-failure", 3)),
    (values.restart, "unless-stopped", ("unless-stopped", 0)),
    *((platform, written, read) for written, read in (
        ("linux/arm64/v8", "linux/arm64/v8"), ("linux", "linux"), ("amd64", "linux/amd64"), ("Linux/X86_64", "linux/amd64"),
        ("x86-64", "linux/amd64"), ("armhf", "linux/arm/v7"), ("linux/aarch64", "linux/arm64"), ("linux/arm/7", "linux/arm/v7"),
        ("windows(10.0.17763)/amd64", "windows/amd64"), ("macos/arm64", "darwin/arm64"), ("foo/bar", "foo/bar"))),
    (host.extra_hosts, ["a b: 1.2.3.4", " c = [::1] "], ["a b:1.2.3.4", "c:::1"]),
    (host.extra_hosts, {"*.x": ["1.2.3.4 "]}, ["*.x:1.2.3.4"]),
    *((host.host_name, name, name) for name in ("my_host", "a b", "-a", "h/1", "ü", "a" * 300)),
    (host.aliases, ["a b", "", "*.x", "x:80"], ["a b", "*.x", "x:80"]),
    *((host.mac_address, text, "02:42:ac:11:00:0a")
        for text in ("02:42:ac:11:00:0a", "02-42-AC-11-00-0A", "0242.ac11.000a", "02:42:AC:11:00:0A")),
    *((host.name_server, text, text.strip()) for text in ("8.8.8.8 ", "::1", "fe80::1%eth0", "dns.example", "8.8.8.8:53")),
    *((values.restart, text, read) for text, read in (
        ("always:0", ("always", 0)), ("on-failure:x", ("on-failure", 0)), ("on-failure:", ("on-failure", 0)),
        ("on-failure: 3", ("on-failure", 0)), ("on-failure:3:4", ("on-failure", 3)), ("on-failure:99999999999", ("on-failure", 99999999999)))),
    *((values.grace, value, seconds) for value, seconds in (
        ("1.5s", 2), ("0", 0), (3, 3), ("-1s", -1), ("-500ms", 0), (-1, -1), ("-1h", -1))),
    *((values.or_unlimited, value, -1) for value in (-1, "-1", -5, "-70000")), (values.or_unlimited, "3", 3),
    *((service.memory_or_unlimited, value, -1) for value in (-1, "-1", -5)), (service.memory_or_unlimited, "1k", 1024),
    (values.env, {"A=B": "c", "D": ""}, {"A": "B=c", "D": ""}), (values.labels, {"": "x"}, {"": "x"}), (values.labels, ["=x"], {"": "x"}),
    (values.ulimits, {"NOFILE": 5}, [Ulimit("nofile", 5, 5)]),
    (values.device, "/dev/a:b", Device("/dev/a", "/b")), (values.device, "/dev/a:/dev/b:RW", Device("/dev/a", "/dev/b", "rw")),
    *((own.signal, value, value.upper()) for value in ("term", "sigrtmin+3", "9")),
    *((own.stop_signal, value, str(value).upper()) for value in ("term", "sigrtmin+3", "100", "-9", 15)),
    *((own.network_mode, name, name) for name in ("my net", "a", "a/b", "-x", "ü", "container:ab")),
    (own.attachments, ["a b", "../x", "n:1"], [Attachment("a b"), Attachment("../x"), Attachment("n:1")]),
    *((ports.port, {"target": 80, "protocol": name, "mode": "x"}, [Port(80, protocol="tcp")]) for name in ("TCP", "", "tcp")),
    *((ports.port, value, [Port(80)]) for value in ("0:80", "80/TCP", {"target": 80, "published": 0}, {"target": 80, "published": "0"})),
    *((service.exposed, value, read) for value, read in (("80/TCP", "80/tcp"), (" 80 ", "80/tcp"), ("80/", "80/tcp"))),
    *((service.volume_source, value, read) for value, read in (("ab:z", "ab:z"), ("ab:ro,Z", "ab:ro,Z"), ("ab:", "ab"))),
    (own.signal, "SIGRTMIN+3", "SIGRTMIN+3"),
    (own.signal, 9, "9"),
    (own.health_check, {"test": "curl x", "retries": 2}, HealthCheck(("CMD-SHELL", "curl x"), retries=2)),
    (own.health_check, {"test": ["CMD", "a", ""], "interval": "5s"}, HealthCheck(("CMD", "a", ""), 5 * S)),
    (own.health_check, {"disable": True}, HealthCheck(("NONE",))),
    (own.health_check, {"interval": "5s"}, HealthCheck(interval=5 * S)),
    (own.health_check, {"test": ["CMD-SHELL", "a b", "c"]}, HealthCheck(("CMD-SHELL", "a b", "c"))),
    *((own.health_check, {"test": test}, HealthCheck(tuple(test))) for test in (["CMD-SHELL"], ["CMD-SHELL", ""], ["CMD", ""], [])),
    (own.health_check, {"test": ""}, HealthCheck(("CMD-SHELL", ""))),
    (own.health_check, {"test": ["NONE", "x"]}, HealthCheck(("NONE",))),
    (own.health_check, {"test": ["CMD"], "disable": True}, HealthCheck(("NONE",))),
    (own.health_check, {"test": "x", "retries": 5_000_000_000}, HealthCheck(("CMD-SHELL", "x"), retries=5_000_000_000)),
    (own.attachments, ["n1", "n2"], [Attachment("n1"), Attachment("n2")]),
    (own.attachments, {"n1": None, "n2": {"aliases": ["x"]}}, [Attachment("n1"), Attachment("n2", ("x",))]),
    (own.network_mode, "container:abc", "container:abc"),
    (own.gpus, "all", [GpuRequest(-1)]),
    (own.gpus, 2, [GpuRequest(2)]),
    (own.gpus, [{"device_ids": ["0"], "capabilities": ["utility"]}], [GpuRequest(0, "", ("0",), ("utility", "gpu"))]),
    (own.tmpfs, ["/run:size=1m,mode=700", "/tmp"], {"/run": "size=1m,mode=700", "/tmp": ""}),
    (own.tmpfs, "/run", {"/run": ""}),
    (own.tmpfs, {"/run": None}, {"/run": ""}),
    (own.moment, "2030-01-02T03:04:05Z", Moment(1893553445 * S)),
    (own.moment, "2030-01-02T03:04:05.5+01:00", Moment(1893549845 * S + S // 2)),
    (own.moment, "2030-01-02", Moment(1893542400 * S)),
    (own.moment, 1.5, Moment(S * 3 // 2)),
    (own.moment, "1700000000.000000001", Moment(1700000000 * S + 1)),
    (own.moment, "10m", Moment(600 * S, ago=True)),
    (ports.port, "80", [Port(80)]),
    (ports.port, 80, [Port(80)]),
    (ports.port, "8080:80", [Port(80, "8080")]),
    (ports.port, "127.0.0.1:8080:80/udp", [Port(80, "8080", "127.0.0.1", "udp")]),
    (ports.port, "127.0.0.1::80", [Port(80, "", "127.0.0.1")]),
    (ports.port, "[::1]:8080:80", [Port(80, "8080", "::1")]),
    (ports.port, "90-91:80-81", [Port(80, "90"), Port(81, "91")]),
    (ports.port, "80-81", [Port(80), Port(81)]),
    (ports.port, "8000-8010:80", [Port(80, "8000-8010")]),
    (ports.port, {"target": 80, "published": "8080", "host_ip": "::1", "protocol": "sctp"}, [Port(80, "8080",
        "::1", "sctp")]),
    (ports.port, {"target": "80", "published": 8080, "mode": "ingress"}, [Port(80, "8080")]),
    (mounts.mount, "/data", Mount("volume", "/data")),
    (mounts.mount, "v1:/data:ro,nocopy", Mount("volume", "/data", "v1", read_only=True, nocopy=True)),
    (mounts.mount, "/h:/c:z,rslave", Mount("bind", "/c", "/h", selinux="z", propagation="rslave")),
    (mounts.mount, "./h:/c:cached", Mount("bind", "/c", "./h", consistency="cached")),
    (
        mounts.mount,
        {"type": "bind", "source": "/h", "target": "/c", "read_only": True, "bind": {"create_host_path": False}},
        Mount("bind", "/c", "/h", read_only=True, create_host_path=False),
    ),
    (mounts.mount, {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m", "mode": 0o700}}, Mount("tmpfs", "/t",
        size=1 << 20, mode=0o700)),
    (mounts.mount, {"type": "volume", "target": "/t", "volume": {"labels": {"a": "b"}}}, Mount("volume", "/t",
        labels={"a": "b"})),
    (reference.image, "sha256:" + "a" * 64, "sha256:" + "a" * 64),
    (reference.image, "alpine", "alpine"),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Callable[[Any], Any], value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Callable[[Any], Any], Any]] = [
    *((values.duration, v) for v in ("", "1 s", "s", "1d", "-1s", "1e3s", "1s1", ".", True, -1, float("nan"),
        float("inf"), [], "9" * 70 + "h")),
    *((values.size, v) for v in ("", "m", "-1", "1x", "1.2.3m", "1e3", True, -1, 1.5, None, "9" * 39, "９")),
    *((values.cpus, v) for v in (0, -1, "x", "NaN", "Infinity", True, None, "")),
    *((values.env, v) for v in ("A=b", ["A"], ["=b"], {"": "b"}, {"A": None}, {"A": "\0"}, ["A=\0"],
        3)),
    *((values.labels, v) for v in ({"a": "\ud800"}, "a=b")),
    *((values.name, v) for v in ("", "a", "-ab", ".ab", "..", "a/b", "../x", "a b", "a\n", "ab\n", "a?b", "a#b",
        "a%2fb", "ä1", None, 12)),
    *((host.extra_hosts, v) for v in (["a"], ["a:b"], ["a:1.2.3.4.5"], [" :1.1.1.1"], ["-:fe80::1%eth0"],
        {"a": 3})),
    *((values.ulimits, v) for v in ({"nofile": "x"}, {"nofile": {"soft": 1}}, ["nofile"],
        ["nofile=2:1"], {"a-b": 1}, {"nofile": -2})),
    *((values.device, v) for v in ("fuse", "/dev/a:/dev/b:x", "/dev/a:/dev/b:r:w",
        {"target": "/dev/a"}, {"source": 1}, "", None)),
    *((values.restart, v) for v in ("sometimes", "always:3", "no:1", "on-failure:-1", "ALWAYS", None, "")),
    *((platform, v) for v in ("foo", "linux/arm64/v8/x", "a/b?c", "linux/", "linux/amd64 ", "", None)),
    *((own.stop_signal, v) for v in ("", "0", "-0", "15 ", "A,B", True, None)),
    *((own.signal, v) for v in ("", "0", "100", "-9", "-0", "15 ", "SIG TERM", "A,B", True, None)),
    *((own.health_check, v) for v in ("x", {"test": ["CMD"]}, {"test": ["cmd", "x"]}, {"test": ["x"]}, {"retries": -1}, {"x": 1})),
    *((own.attachments, v) for v in ("n1", ["n1", "n1"], [" "], ["container:x"], {"n1": 3}, {"n1": {"mac_address": "02:42"}},
        {"n1": {"aliases": "a"}})),
    *((own.network_mode, v) for v in ("", " ", "a\nb", "container:", "service:db", "ns:/proc/1")),
    *((own.gpus, v) for v in ("some", 0, -1, [{"count": "x"}], [3], True)),
    *((own.tmpfs, v) for v in ("run", ["/a:size=1m;x"], {"/a:b": ""}, {"/a": 3}, {"a": ""}, 3)),
    *((own.moment, v) for v in ("", "yesterday", "2030-13-01", "2030-01-01T25:00", "1969-12-31T23:59:59Z", -1,
        True, None)),
    *((ports.port, v) for v in ("", "0", "65536", "80a", "1:2:3:4", "80-79", "1-3:1-2", "x:80", "80/icmp",
        "1.2.3:1:2", "-1:80", "80:", ":", {"target": 80, "x": 1}, {"published": 80}, {"target": 80,
        "protocol": "x"}, True, "[::1:80:80")),
    *((mounts.mount, v) for v in ("", ":/a", "a:b", "v1:/", "v1:/a:xx", "v1:/a:ro,rw", "v1:/a:ro:rw",
        "v1:/a:rslave", "/a:/b:nocopy", "~/a:/b", "v:/b", {"target": "/a"}, {"type": "npipe"}, {"type": "bind",
        "source": "a", "target": "/b"}, {"type": "bind", "source": "/a:b", "target": "/b"}, {"type": "tmpfs",
        "source": "/a", "target": "/b"}, {"type": "volume", "target": "/a", "read_only": True}, {"type": "volume",
        "target": "/a:b"}, {"type": "volume", "target": "/a", "volume": {"subpath": "../x"}}, {"type": "volume",
        "target": "/a", "bind": {}})),
    *((reference.image, v) for v in ("", "A", "a b", "a:", "a:b:c", "a@sha256:x", "-a", "a/../b", "../a", "a//b",
        "a?b", "a#b", "/a", "a/", "a:-t", "a\n", "reg:99999999/a", "http://a/b", None, "a" * 5000)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        parser(value)
    assert caught.value.details["expected"]


PARSERS = sorted({parser for parser, _, _ in TAKEN} | {values.name, mounts.mounts, ports.ports}, key=lambda p: p.__qualname__)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NEAR = st.text(alphabet="0123456789:/.-_=,abcdhkmnrswxzµ[]@~ \n\0", max_size=24)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.__qualname__)
@given(value=ANY | NEAR | st.lists(NEAR, max_size=2))
@example(value="9" * 5000)
@example(value="²")
@example(value="²:80")
@example(value="\ud800")
@example(value=2**70)
@example(value=10**6000)
def test_anything_gives_a_value_or_a_validation_error(parser: Callable[[Any], Any], value: Any) -> None:
    try:
        parser(value)
    except ValidationError as error:
        error.message.encode("utf-8", "backslashreplace")


@given(st.integers(0, 2**62))
def test_a_duration_keeps_every_nanosecond(ns: int) -> None:
    assert values.duration(f"{ns}ns") == ns
    assert values.duration(f"{ns // 10**9}s{ns % 10**9}ns") == ns


@given(st.integers(0, 2**32), st.sampled_from(list("bkmg")))
def test_a_size_is_exact(number: int, unit: str) -> None:
    assert values.size(f"{number}{unit}") == number << (10 * "bkmg".index(unit))


def test_a_moment_ago_counts_from_the_present() -> None:
    assert Moment(90 * S, ago=True).epoch(100 * S + 5) == "10.000000005"
    assert Moment(90 * S, ago=True).epoch(0) == "0.000000000"
    assert Moment(3 * S + 7).epoch(0) == "3.000000007"


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest", "familiar"),
    [
        ("alpine", "docker.io", "library/alpine", "", "", "alpine"),
        ("alpine:3.20", "docker.io", "library/alpine", "3.20", "", "alpine:3.20"),
        ("docker.io/a/b", "docker.io", "a/b", "", "", "a/b"),
        ("index.docker.io/alpine", "docker.io", "library/alpine", "", "", "alpine"),
        ("localhost/bb", "localhost", "bb", "", "", "localhost/bb"),
        ("127.0.0.1:5000/t/bb:v1", "127.0.0.1:5000", "t/bb", "v1", "", "127.0.0.1:5000/t/bb:v1"),
        ("[::1]:5000/bb", "[::1]:5000", "bb", "", "", "[::1]:5000/bb"),
        ("team/app", "docker.io", "team/app", "", "", "team/app"),
        ("a:1@sha256:" + "0" * 64, "docker.io", "library/a", "1", "sha256:" + "0" * 64, "a:1@sha256:" + "0" * 64),
    ],
)
def test_references(text: str, registry: str, path: str, tag: str, digest: str, familiar: str) -> None:
    found = reference.parse_reference(text)
    assert (found.registry, found.path, found.tag, found.digest, found.familiar) == (
        registry,
        path,
        tag,
        digest,
        familiar,
    )
    assert reference.parse_reference(str(found)) == found
    assert reference.parse_reference(found.familiar) == found


def test_what_a_pull_asks_for() -> None:
    assert reference.parse_reference("a").version == "latest"
    assert reference.parse_reference("a:1").version == "1"
    assert reference.parse_reference("a:1@sha256:" + "0" * 64).version == "sha256:" + "0" * 64
