"""nerdctl in the machine of a product: found, called by the product's program, and what is refused for want of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.nerdctl.build import build_words
from perry_ffi.backends.nerdctl.engine import NerdctlBackend
from perry_ffi.errors import BackendNotAvailable, ContainerError, NotFound, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.image import BuildSpec, PullOptions
from perry_ffi.settings import Settings
from tests.engines.nerdctl import install, products

pytestmark = pytest.mark.anyio
NAMES = ("lima", "colima", "rancher-desktop", "finch")
WAYS = {
    "lima": "{bin}/limactl shell --workdir=/ default nerdctl", "colima": "{bin}/colima nerdctl --profile=default --",
    "rancher-desktop": "{home}/.rd/bin/nerdctl", "finch": "{bin}/finch",
}  # fmt: skip


def settings(name: str, home: Path, **environ: str) -> Settings:
    bin = home / "bin"
    if not bin.exists():
        products.install(name, home, install(home / "engine") / "nerdctl")
    said = {"PATH": f"{bin}:/usr/bin:/bin", "HOME": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "30", **environ}
    return Settings.from_environ(said, platform=products.PLATFORM.get(name, "linux"))


async def opened(name: str, home: Path, **environ: str) -> Backend:
    return await connect(settings(name, home, **environ), [name])


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_found_by_the_product_s_name(name: str, tmp_path: Path) -> None:
    backend = await opened(name, tmp_path, CONTAINERD_ADDRESS="/of/this/machine.sock", CONTAINERD_NAMESPACE="mine")
    info = await backend.info()
    assert (info.name, info.mode, info.isolation_level, info.available) == (name, "vm", "container", True)
    assert (info.version, info.api) == ((None, "2.4.2") if name == "finch" else ("2.3.5", "2.4.2"))
    assert [mount.path for mount in info.mounts or ()][0] == str(tmp_path) and info.docker_socket_inside is None
    assert info.host_address == ("host.lima.internal" if name == "lima" else "host.docker.internal")
    assert backend.address == WAYS[name].format(bin=tmp_path / "bin", home=tmp_path)
    assert backend.capabilities.of("op.build").support.value == "native"
    assert await backend.list_containers(all=True) == [] and not await backend.health_probes_run_by_engine()
    assert (await opened(name, tmp_path)).identity == backend.identity
    assert backend.unshared(str(tmp_path)) == "" and "has only" in backend.unshared(__file__)
    assert backend.unshared("/var/run/docker.sock") == "" and backend.unshared("/dev/fuse") == ""


@pytest.mark.parametrize("name", NAMES)
async def test_one_that_is_off(name: str, tmp_path: Path) -> None:
    found = settings(name, tmp_path)
    products.turn_off(tmp_path)
    (row,) = await detect(found, [name])
    assert row.state == "stopped" and (row.remedy or "").startswith(found and row.remedy.split()[0])  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
async def test_one_that_stops_meanwhile_removes_nothing_with_success(name: str, tmp_path: Path) -> None:
    """Some of the programs end with success where the machine does not run."""
    backend = await opened(name, tmp_path)
    products.turn_off(tmp_path)
    for work in (backend.list_containers(all=True), backend.remove_container("x", force=True), backend.inspect_image("x")):
        with pytest.raises(Exception) as caught:
            await work
        text = str(caught.value)
        assert any(word in text for word in ("not running", "does not run", "stopped", "no machine of Lima runs")), text
        assert name in ("colima", "finch") or isinstance(caught.value, BackendNotAvailable)


async def test_a_machine_without_nerdctl(tmp_path: Path) -> None:
    found = settings("lima", tmp_path)
    (tmp_path / "engine/bin/nerdctl").unlink()
    (row,) = await detect(found, ["lima"])
    assert row.state == "broken" and "Lima's machine default runs, and has no socket of docker's" in row.reason
    assert "limactl shell" in row.reason and row.remedy == "limactl start template:docker"
    (tmp_path / ".rd").mkdir()
    found = settings("rancher-desktop", tmp_path / "r")
    (tmp_path / "r/.rd/bin/nerdctl").unlink()
    (row,) = await detect(found, ["rancher-desktop"])
    assert row.state == "unsupported" and "no nerdctl of Rancher Desktop's is there" in row.reason


async def test_a_word_that_finch_takes_for_its_own(tmp_path: Path) -> None:
    backend = await opened("finch", tmp_path)
    assert isinstance(backend, NerdctlBackend)
    with pytest.raises(Unsupported, match="--debug: finch takes this word for its own"):
        backend._line.argv(["create", "--name=a", "image", "--debug"])
    assert backend._line.argv(["exec", "a", "flask", "--debug"])[-1] == "--debug"


async def test_what_goes_by_files_is_refused(tmp_path: Path) -> None:
    backend = await opened("lima", tmp_path)
    assert isinstance(backend, NerdctlBackend)
    with pytest.raises(Unsupported, match="PullOptions.username: lima cannot honour it: .*login"):
        await backend.pull_image("a/b:1", validate(PullOptions, {"username": "u", "password": "p"}, "options"))
    (tmp_path / "c").mkdir()
    (tmp_path / "c/Dockerfile").write_text("FROM scratch\n")
    build = {"context": str(tmp_path / "c")}
    secret = {**build, "secrets": [{"id": "s", "environment": "PATH"}], "tags": ["a:1"]}
    for document, member in ((secret, "secrets"), ({**build, "ssh": ["default"], "tags": ["a:1"]}, "ssh"), (build, "tags")):
        with pytest.raises(Unsupported, match=f"BuildSpec.{member}"):
            await backend.build_image(validate(BuildSpec, document, "BuildSpec"), None)
    profile = tmp_path.parent / "profile.json"
    profile.write_text('{"defaultAction": "SCMP_ACT_ALLOW"}')
    spec = {"image": "i:1", "name": "cc", "seccomp": str(profile)}
    with pytest.raises(Unsupported, match="ContainerSpec.seccomp: lima cannot honour it: Lima has only"):
        await backend.check_container(validate(ContainerSpec, spec, "ContainerSpec"))


def test_a_build_in_a_machine_reads_and_writes_no_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    spec = validate(BuildSpec, {"context": str(tmp_path), "dockerfile_inline": "FROM scratch\n"}, "BuildSpec")
    words = build_words(spec, ["a:1"], tmp_path, tmp_path / "own", {}, inside=True)
    assert "--file=-" in words and not any(str(tmp_path / "own") in word for word in words)
    spec = validate(BuildSpec, {"context": str(tmp_path)}, "BuildSpec")
    assert f"--file={tmp_path}/Dockerfile" in build_words(spec, ["a:1"], tmp_path, tmp_path / "own", {}, inside=True)


async def test_a_build_that_fails_far_from_the_machine_s_folders_says_so(tmp_path: Path) -> None:
    backend = await opened("lima", tmp_path / "h")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/Dockerfile").write_text("FROM scratch\n")
    spec = validate(BuildSpec, {"context": str(tmp_path / "c"), "tags": ["a:1"]}, "BuildSpec")
    assert isinstance(backend, NerdctlBackend)
    with pytest.raises(ContainerError) as caught:
        await backend.build_image(spec, None)
    assert caught.value.details["backend"] == "lima" and caught.value.details.get("remedy")


def test_contexts_as_the_builder_takes_them(tmp_path: Path) -> None:
    """An image that is held is one for the builder too, which looks among those of its namespace first; files are by whole paths."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "more").mkdir()
    contexts = {
        "a": "local-image://base",
        "b": "docker-image://base:1",
        "c": "more",
        "d": str(tmp_path),
        "e": "https://host/x.git",
    }
    spec = validate(BuildSpec, {"context": str(tmp_path), "additional_contexts": contexts}, "BuildSpec")
    words = build_words(spec, ["a:1"], tmp_path, tmp_path, {})
    wanted = ["a=docker-image://base", "b=docker-image://base:1", f"c={tmp_path}/more", f"d={tmp_path}", "e=https://host/x.git"]
    assert [word.removeprefix("--build-context=") for word in words if "build-context" in word] == wanted
    spec = spec.model_copy(update={"additional_contexts": {"c": "missing"}})
    with pytest.raises(NotFound) as caught:
        build_words(spec, ["a:1"], tmp_path, tmp_path, {})
    assert caught.value.details["path"] == "BuildSpec.additional_contexts.c"
