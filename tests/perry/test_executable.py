"""Programs that are one executable: compiled as docs/perry.md says, alone in a folder of a bare Debian, on real engines."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.static import joined
from scripts.static.tools import tools
from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines
from tests.engines.tls_docker import tls_docker
from tests.perry.root import EXAMPLES, MANIFEST, ROOT, Debian13, said
from tests.perry.test_examples import pushed
from tests.perry.test_readme import block
from tests.support import library as lib
from tests.support import registry_http
from tests.support.bare import SUITES, Bare, bare
from tests.support.bare_work import by_socket, by_tls, put_keys, sign
from tests.support.certificates import Authority
from tests.support.sigstore.signing import Signer

STATIC = ROOT / "build/static" / lib.NAME
PLACE = "/opt/executable"
PROGRAMS = ("hello", "stack", "verify")
# The same for glibc 2.31.
OLDER = ("older-hello", "older-stack", "older-verify")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (STATIC.parent / joined.NAME).exists():
        pytest.skip(f"{STATIC.parent / joined.NAME} is not there: make static")
    lib.need_tool("npm", "apt-get install npm")
    from scripts.ship import npm

    return npm.pack(npm.executable, STATIC, tmp_path_factory.mktemp("npm"))


@pytest.fixture(scope="module")
def programs(root: Debian13, packed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """README's program and two examples; of where they were compiled nothing is left."""
    here = root.inside(PLACE)
    shutil.rmtree(here, ignore_errors=True)
    (here / "application").mkdir(parents=True)
    (here / "package.json").write_text(MANIFEST)
    shutil.copy2(packed, here)
    (here / "main.ts").write_text(block("program"))
    for name in PROGRAMS[1:]:
        shutil.copy2(EXAMPLES / f"{name}.ts", here)
    steps = block("executable").replace("npx perry", "perry")
    root.check(["sh", "-eu", "-c", steps], PLACE)
    for name in PROGRAMS[1:]:
        root.check(["perry", "compile", f"{name}.ts", "-o", f"application/{name}"], PLACE)
    _link_for_an_older_glibc(root)
    made = [Path(shutil.copy2(here / "application" / name, tmp_path_factory.getbasetemp())) for name in (*PROGRAMS, *OLDER)]
    shutil.rmtree(here)
    return made


def _link_for_an_older_glibc(root: Debian13) -> None:
    """As the documentation has it; the zig is that of the static form's build."""
    [zig] = tools().folder().glob("lib/python*/site-packages/ziglang/zig")
    entered = [str(ROOT / "scripts/in-debian13.sh"), str(root.path), "--bind", str(zig.parent), "--cd", PLACE, "--"]
    own = root.environment()
    env = {
        **own,
        "PATH": f"{zig.parent}:{own['PATH']}",
        "ZIG_GLOBAL_CACHE_DIR": f"{PLACE}/zig",
        "ZIG_LOCAL_CACHE_DIR": f"{PLACE}/zig",
    }
    for name, source in zip(OLDER, ("main", "stack", "verify"), strict=True):
        compiling = block("older").replace("npx perry", "perry").replace("main.ts -o hello", f"{source}.ts -o application/{name}")
        done = subprocess.run([*entered, "sh", "-eu", "-c", compiling], env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def system(programs: list[Path], perry_engines: Engines) -> Iterator[Bare]:
    """A Debian 13 with a folder that has the executables and nothing else."""
    with bare("trixie", perry_engines.folder) as found:
        found.put(*programs)
        yield found


def output(ran: lib.Ran) -> list[str]:
    return said(subprocess.CompletedProcess([], ran.status, ran.out, ran.err))


def as_alpine(socket: str) -> None:
    ask(socket, "POST", f"/v1.41/images/{image.IMAGE}/tag?repo=alpine&tag=3.20")


@dataclass(frozen=True)
class Signed:
    """An image of the registry, and who signed it."""

    name: str
    digest: str
    signer: Signer


@pytest.fixture(scope="module")
def signed(perry_engines: Engines) -> Signed:
    if perry_engines.registry is None:
        pytest.skip(perry_engines.missing["registry"])
    host, path, signer = perry_engines.registry, "perry/one-executable", Signer()
    asyncio.run(pushed(perry_engines.engines["docker"], f"{host}/{path}:1"))
    digest = registry_http.digest_of(registry_http.get_manifest(host, path, "1") or b"")
    sign(host, path, digest, signer)
    return Signed(f"{host}/{path}:1", digest, signer)


@pytest.fixture(scope="module")
def tls(perry_engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Of a dockerd that takes only clients whose certificate it signed."""
    lib.need_tool("openssl", "apt-get install openssl")
    authority, folder = Authority.new(tmp_path_factory.mktemp("pki")), perry_engines.folder / f"one-{secrets.token_hex(2)}"
    with tls_docker(folder, authority) as socket:
        as_alpine(socket)
        yield authority
    shutil.rmtree(folder, ignore_errors=True)


def needed(program: Path) -> set[str]:
    dynamic = subprocess.run(["readelf", "-dW", program], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))


def test_it_is_one_file_that_needs_the_base_of_a_system(programs: list[Path]) -> None:
    glibc = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "ld-linux-x86-64.so.2"}
    assert needed(programs[0]) <= glibc | {"libgcc_s.so.1"}
    assert needed(programs[len(PROGRAMS)]) <= glibc
    shown = subprocess.run(["nm", "-D", "--defined-only", programs[0]], check=True, capture_output=True, text=True).stdout
    assert not re.search(r" (Py|_Py|SSL_|EVP_|OPENSSL_|inflate|deflate|yaml_|ffi_)", shown)
    assert programs[0].stat().st_size < 65e6


def test_the_readmes_program_without_python_library_or_checkout(system: Bare, perry_engines: Engines) -> None:
    engine = perry_engines.engines["docker"]
    as_alpine(engine.socket)
    before = image.objects(engine.socket)
    assert output(system.run("hello", env=by_socket(engine))) == ["hello from a container 0"]
    assert image.objects(engine.socket) == before
    ask(engine.socket, "DELETE", "/v1.41/images/alpine:3.20")


def test_without_an_engine_it_says_so(system: Bare) -> None:
    ran = system.run("hello")
    assert (ran.status, ran.out) == (1, "") and ran.err.startswith("503 NoBackendFound")


def test_a_stack(system: Bare, perry_engines: Engines, backend: str) -> None:
    engine = perry_engines.engines[backend]
    before = image.objects(engine.socket)
    lines = output(system.run("stack", image.IMAGE, env=by_socket(engine)))
    assert lines[:4] == ["queue: running, healthy", "web: running", "worker: running", "3 workers"]
    assert lines[-2:] == ["exec: exit code 0", "down: 5 containers, 1 networks"]
    assert image.objects(engine.socket) == before


def only_if_signed(system: Bare, program: str, engine: Engine, image: Signed) -> None:
    put_keys(system.folder, image.signer)
    lines = output(system.run(program, image.name, f"{system.inside}/good.pub", env=by_socket(engine)))
    assert lines == [f"1 good signature, {image.name}@{image.digest}", "verified and run"]
    refused = output(system.run(program, image.name, f"{system.inside}/other.pub", env=by_socket(engine)))
    assert refused == ["not run: wrongKey"]


def test_an_image_is_run_only_if_it_is_signed(system: Bare, perry_engines: Engines, signed: Signed) -> None:
    only_if_signed(system, "verify", perry_engines.engines["docker"], signed)


def test_behind_tls(system: Bare, tls: Authority) -> None:
    env = by_tls(system, tls)
    assert output(system.run("hello", env=env)) == ["hello from a container 0"]
    (system.folder / "certificates/cert.pem").unlink()
    refused = system.run("hello", env=env)
    assert refused.status == 1 and "cert.pem" in refused.err


@pytest.mark.parametrize("suite", ["bullseye", "bookworm"])
def test_an_older_system_is_too_old_for_the_compilers_runtime_not_for_the_library(programs: list[Path], suite: str) -> None:
    with bare(suite) as system:
        system.put(programs[0])
        ran = system.run("hello")
    assert ran.status == 1 and "version `GLIBC_2.38' not found" in ran.err
    versions = subprocess.run(["objdump", "-T", programs[0]], check=True, capture_output=True, text=True).stdout
    newest = set(re.findall(r"\(?GLIBC_2\.38\)? +(\S+)", versions))
    assert newest == {"__isoc23_strtol", "__isoc23_sscanf"}
    asked = subprocess.run(["nm", "-u", STATIC.parent / joined.NAME], check=True, capture_output=True, text=True).stdout
    assert "__isoc23" not in asked


@pytest.mark.parametrize("suite", SUITES)
def test_linked_for_an_older_glibc_it_runs_there_too(
    programs: list[Path], perry_engines: Engines, signed: Signed, tls: Authority, suite: str
) -> None:
    engine = perry_engines.engines["docker"]
    with bare(suite, perry_engines.folder) as system:
        system.put(*programs)
        assert output(system.run("older-hello", env=by_tls(system, tls))) == ["hello from a container 0"]
        lines = output(system.run("older-stack", image.IMAGE, env=by_socket(engine)))
        assert lines[-2:] == ["exec: exit code 0", "down: 5 containers, 1 networks"]
        only_if_signed(system, "older-verify", engine, signed)
