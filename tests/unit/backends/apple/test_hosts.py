"""The file of names of a container: who is in it, and that no name or address becomes a line of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.apple import hosts
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_info import ContainerInfo, Endpoint
from perry_ffi.model.container_values import Attachment

LOCAL = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
TEXT = st.text(max_size=12)


def row(name: str, **networks: str) -> ContainerInfo:
    places = {network: Endpoint(ip_address=address, gateway="10.0.0.1") for network, address in networks.items()}
    return ContainerInfo(id=name, name=name, image="a", status="running", created="", networks=places)


def spec(**members: object) -> ContainerSpec:
    return ContainerSpec.model_construct(image="a", **members)  # type: ignore[arg-type]


def test_peers_on_networks_that_it_is_on() -> None:
    web, db, far = row("web", front="10.0.0.2", back="10.1.0.2"), row("db", back="10.1.0.3"), row("far", other="10.2.0.2")
    aliases = [Attachment("back", aliases=("store", "db"))]
    rows = {
        "web": (web, spec(aliases=["www"], extra_hosts=["host:host-gateway", "six:[::2]", "x:nowhere"])),
        "db": (db, spec(networks=aliases)), "far": (far, spec()),
    }  # fmt: skip
    assert hosts.written(*rows["web"], rows).splitlines() == [
        *LOCAL, "10.0.0.1 host", "::2 six", "10.0.0.2 web www", "10.1.0.2 web www", "10.1.0.3 db store",
    ]  # fmt: skip
    assert hosts.written(*rows["db"], rows).splitlines() == [*LOCAL, "10.1.0.2 web www", "10.1.0.3 db store"]
    assert hosts.share(web, db) and not hosts.share(db, far)


@given(st.lists(TEXT, max_size=3), TEXT, st.lists(TEXT, max_size=2))
def test_what_somebody_s_label_says_is_a_name_or_nothing(aliases: list[str], address: str, asked: list[str]) -> None:
    own, other = row("web", net="10.0.0.2"), row("db", net=address)
    rows = {"web": (own, spec(extra_hosts=asked)), "db": (other, spec(aliases=aliases))}
    text = hosts.written(*rows["web"], rows)
    lines = text.removesuffix("\n").split("\n")
    assert lines[:2] == LOCAL and text.isascii() and text.isprintable() is ("\n" not in text)
    assert all(len(line.split(" ")) >= 2 for line in lines) and len(lines) <= 3 + 1 + len(asked)
