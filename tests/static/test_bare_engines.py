"""Bare Debians without Python: C programs and the one file on real engines, with a signed image, and behind TLS."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.static.toolchain import run
from tests.engines import image
from tests.engines.private import Engine, Engines
from tests.engines.tls_docker import tls_docker
from tests.live.conftest import engine_called
from tests.support import library as lib
from tests.support.bare import SUITES, Bare, bare
from tests.support.bare_work import by_socket, by_tls, put_keys, signed_image
from tests.support.certificates import Authority

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
EXAMPLES = lib.ROOT / "examples"
# Each on one of them, so that both are met.
ENGINE_OF = {"bullseye": "docker", "bookworm": "podman", "trixie": "docker"}


@pytest.fixture(scope="module")
def programs(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The examples for any glibc from 2.17 on, and the library, which they find beside themselves."""
    folder = tmp_path_factory.mktemp("programs")
    flags = ["-std=gnu11", f"-I{lib.ROOT / 'include'}", f"-L{static_library.parent}", "-Wl,-rpath,$ORIGIN"]
    made = [folder / name for name in ("demo", "stack", "verify")]
    for program in made:
        source = str(EXAMPLES / f"{program.name}.c")
        run(["perry-cc", *flags, source, "-o", str(program), "-lperry_container", "-lpthread", "-ldl"])
    return [*made, static_library]


@pytest.fixture(params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def system(suite: str, programs: list[Path], engines: Engines) -> Iterator[Bare]:
    with bare(suite, engines.folder) as found:
        found.put(*programs)
        shutil.copytree(EXAMPLES / "image", found.folder / "image")
        shutil.copy2(image.busybox(), found.folder / "image/busybox")
        shutil.copy2(EXAMPLES / "stack/compose.yaml", found.folder)
        yield found


@pytest.fixture
def engine(suite: str, engines: Engines) -> Engine:
    return engine_called(ENGINE_OF[suite], engines)


@pytest.fixture(scope="module")
def authority(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    lib.need_tool("openssl", "apt-get install openssl")
    return Authority.new(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def tls(engines: Engines, authority: Authority) -> Iterator[str]:
    """A dockerd that takes only clients with a certificate; its other socket."""
    if not engine_called("docker", engines).private:
        pytest.skip("a dockerd of the tests' own needs root")
    folder = engines.folder / f"bare-{secrets.token_hex(2)}"
    with tls_docker(folder, authority) as socket:
        yield socket
    shutil.rmtree(folder, ignore_errors=True)


def steps(ran: lib.Ran) -> list[str]:
    assert (ran.status, ran.err) == (0, ""), ran.out
    return [line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")]


DEMO = ["engine", "build", "run", "follow", "exec", "inspect", "stop", "remove"]


def test_the_demo_and_the_stack(system: Bare, engine: Engine) -> None:
    before, env = image.objects(engine.socket), by_socket(engine)
    assert steps(system.run("demo", f"{system.inside}/image", f"perry-bare-{secrets.token_hex(4)}", env=env)) == DEMO
    name = f"perry-bare-{secrets.token_hex(4)}"
    ran = system.run("stack", system.inside, f"{system.inside}/image", name, env=env)
    assert steps(ran) == ["engine", "up", "up", "ps", "status", "logs", "down", "down"]
    assert re.findall(r"^ +visitor *\| visit (\d): page \d+ of the site$", ran.out, re.MULTILINE) == ["1", "2", "3"]
    assert image.objects(engine.socket) == before


def test_the_demo_behind_tls(system: Bare, tls: str, authority: Authority) -> None:
    before, env = image.objects(tls), by_tls(system, authority)
    assert steps(system.run("demo", f"{system.inside}/image", f"perry-bare-{secrets.token_hex(4)}", env=env)) == DEMO
    assert image.objects(tls) == before
    (system.folder / "certificates/cert.pem").unlink()
    refused = system.run("demo", f"{system.inside}/image", "none", env=env)
    assert refused.status == 1 and "cert.pem" in refused.out


def test_a_signed_image_is_verified(system: Bare, engine: Engine) -> None:
    with signed_image() as (name, pinned, signer):
        put_keys(system.folder, signer)
        good = system.run("verify", name, f"{system.inside}/good.pub", env=by_socket(engine))
        assert (good.status, good.out.split()[:2], good.err) == (0, ["verified", pinned], "")
        other = system.run("verify", name, f"{system.inside}/other.pub", env=by_socket(engine))
        assert other.status == 1 and other.out.split()[:2] == ["refused", "wrongKey"]
