"""What the steps of a service's build see, and what its image keeps of it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from perry_ffi.errors import ContainerError
from tests.live.attributes.world import Look, Place, World, attribute, has, looks, matches
from tests.live.conftest import IMAGE
from tests.live.stack_support import encode

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

DRAW = "RUN cat /proc/sys/kernel/random/uuid >/drawn\n"
"""Another file each time that the step runs."""
STEPS = f"""FROM {IMAGE} AS first
ARG WORD
ARG NONE=default
RUN echo "$WORD $NONE" >/said; cat /etc/hosts >/hosts; ulimit -n >/files; grep ' /dev/shm ' /proc/mounts >/shm
COPY . /context/
FROM first
RUN exit 3
"""
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    context = place.folder / "context"
    context.mkdir()
    (context / "Dockerfile.other").write_text(STEPS)
    (context / "file").write_text("sent")
    plain: dict[str, Any] = {"command": ["sleep", "600"]}

    def inline(text: str, **more: Any) -> dict[str, Any]:
        return {"context": str(context), "dockerfile_inline": f"FROM {IMAGE}\n{text}", **more}

    services: dict[str, Any] = {
        "built": {**plain, "build": {
            "context": str(context), "dockerfile": "Dockerfile.other", "target": "first", "args": {"WORD": "a 'b' $$c"},
            "labels": {"of.build": "x y"}, "tags": [f"localhost/{place.prefix}-also:2"], "platforms": [f"linux/{ARCHITECTURE}"],
            "extra_hosts": ["made.example=10.9.8.7"], "shm_size": "8m", "ulimits": {"nofile": {"soft": 200, "hard": 300}},
            "provenance": False, "sbom": False,
        }},
        "inline": {**plain, "build": inline("RUN echo inline >/said\n")},
        "drawn": {**plain, "build": inline(DRAW, cache_from=[f"{place.prefix}-drawn"])},
        "anew": {**plain, "build": inline("ENV A=b\n" + DRAW, no_cache=True)},
        "host": {**plain, "build": inline("RUN ip -o addr | wc -l >/addresses\n", network="host")},
        "away": {**plain, "build": inline("RUN ls /sys/class/net >/nets\n", **place[{"docker": {"network": "none"}, "podman": {}}])},
        "extra": {**plain, "build": inline(
            "COPY --from=more file /from-folder\nCOPY --from=image /bin/busybox /from-image\nCOPY --from=peer /said /from-service\n",
            additional_contexts={"more": str(context), "image": f"docker-image://{IMAGE}", "peer": "service:inline"},
        )},
        "warned": {**plain, "build": inline("RUN true\n", cache_to=["type=inline"], provenance=True, sbom=True)},
    }  # fmt: skip
    return services, {}


LOOKS = (
    Look("builds.context", "built", "cat /context/file", "sent"),
    Look("builds.dockerfile", "built", "test -s /said && echo made", "made"),
    Look("builds.dockerfile_inline", "inline", "cat /said", "inline"),
    Look("builds.args", "built", "cat /said", "a 'b' $c default"),
    Look("builds.target", "built", "ls /context", has("Dockerfile.other")),
    Look("builds.extra_hosts", "built", "cat /hosts", matches(r"^10\.9\.8\.7\s+made\.example")),
    Look("builds.shm_size", "built", "cat /shm", has("size=8192k")),
    Look("builds.ulimits", "built", "cat /files", "200"),
    Look("builds.one platform", "built", "test -e /bin/busybox && echo runs", "runs"),
    Look("builds.network", "host", "cat /addresses", lambda said: int(said) >= 3),
    Look("builds.additional_contexts.a directory", "extra", "cat /from-folder", "sent"),
    Look("builds.additional_contexts.docker-image://", "extra", "/from-image echo runs 2>&1 || echo applet", matches("runs|applet")),
    Look("builds.additional_contexts.service:", "extra", "cat /from-service", "inline"),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


@attribute("builds.network")
async def test_a_build_without_a_network(world: World) -> None:
    """Podman's API builds on the machine's network, whatever it is told."""
    if not world.podman:
        assert await world.out("away", "cat /nets") == "lo"
        return
    build = {"context": str(world.place.folder / "context"), "dockerfile_inline": f"FROM {IMAGE}\n", "network": "none"}
    with pytest.raises(ContainerError, match="network"):
        async with world.beside({"s": {"command": ["sleep", "600"], "build": build}}):
            raise AssertionError("it is up")


@attribute("builds.labels", "builds.tags", "builds.one platform")
async def test_what_an_image_keeps(world: World) -> None:
    backend = await world.stacks.client.backend()
    image = await backend.inspect_image(f"{world.place.prefix}-built")
    assert image.labels["of.build"] == "x y" and image.architecture == ARCHITECTURE
    assert (await backend.inspect_image(f"localhost/{world.place.prefix}-also:2")).id == image.id


@attribute("builds.no_cache", "builds.cache_from")
async def test_what_the_cache_is_asked_for(world: World) -> None:
    backend = await world.stacks.client.backend()
    names = [f"{world.place.prefix}-drawn", f"{world.place.prefix}-anew"]
    first = [(await backend.inspect_image(name)).id for name in names]
    await world.stacks.call("build", world.handle, encode({"services": ["drawn", "anew"]}))
    again = [(await backend.inspect_image(name)).id for name in names]
    assert first[0] == again[0] and first[1] != again[1]


@attribute("builds.cache_to", "builds.provenance", "builds.sbom")
async def test_what_changes_no_image_is_warned_of(world: World) -> None:
    assert world.warned == {f"services.warned.build.{member}" for member in ("cache_to", "provenance", "sbom")}
