"""Engines behind TLS and ssh, by address, context and connection: real daemons, a real sshd, all in the tests' network."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.detect import connect, detect
from perry_ffi.errors import BackendNotAvailable, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogOptions
from perry_ffi.model.container_info import LogChunk
from perry_ffi.model.image import BuildSpec
from perry_ffi.service.client import Client
from perry_ffi.settings import Settings
from tests.engines.daemon import EngineMissing, ask
from tests.engines.private import Engine, Engines
from tests.engines.sshd import Sshd, sshd
from tests.engines.tls_docker import PORT, tls_docker
from tests.engines.tls_podman import tls_podman
from tests.live.conftest import IMAGE, engine_called, missing
from tests.live.stack_support import Stacks, environ, nothing_of
from tests.support.certificates import Authority

pytestmark = pytest.mark.anyio
TLS_HOST = f"tcp://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def folder(engines: Engines) -> Iterator[Path]:
    """Beside the engines' own, so that what a killed run leaves is found by the next."""
    path = engines.folder / f"remote-{secrets.token_hex(2)}"
    path.mkdir()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    if shutil.which("openssl") is None:
        missing("openssl is not installed (Debian: apt install openssl)")
    return Authority.new(folder / "pki")


@pytest.fixture(scope="module")
def tls(folder: Path, authority: Authority, engines: Engines) -> Iterator[str]:
    """A dockerd behind TLS; its other socket."""
    if not engine_called("docker", engines).private:
        missing("a dockerd of the tests' own needs root")
    with tls_docker(folder / "tls", authority) as socket:
        yield socket


@pytest.fixture(scope="module")
def podman_tls(folder: Path, authority: Authority, engines: Engines) -> Iterator[str]:
    """Podman's service behind TLS, on the storage of the tests' podman; its address."""
    engine = engine_called("podman", engines)
    try:
        with tls_podman(folder / "podman-tls", authority, engine.environ) as address:
            yield address
    except EngineMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def ssh(folder: Path, engines: Engines) -> Iterator[Sshd]:
    if os.geteuid() != 0:
        missing("an sshd of the tests' own needs root")
    try:
        with sshd(folder / "sshd") as found:
            yield found
    except EngineMissing as error:
        missing(str(error))


def settings(home: Path, **environ: str) -> Settings:
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "PERRY_CONTAINER_PROBE_TIMEOUT": "30"}
    return Settings.from_environ({**own, **environ})


def context(home: Path, host: str) -> Path:
    """Writes the context ``there`` as docker does, and uses it; its folder of TLS files."""
    ident = hashlib.sha256(b"there").hexdigest()
    store = home / ".docker/contexts"
    (store / "meta" / ident).mkdir(parents=True)
    document = {"Name": "there", "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (store / "meta" / ident / "meta.json").write_text(json.dumps(document))
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": "there"}))
    return store / "tls" / ident / "docker"


def podman_connection(home: Path, address: str, certificates: Path) -> dict[str, str]:
    """Podman's connection ``there``, made by its own program."""
    files = (("--tls-ca", "ca.pem"), ("--tls-cert", "cert.pem"), ("--tls-key", "key.pem"))
    words = [word for option, name in files for word in (option, str(certificates / name))]
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PODMAN_CONNECTIONS_CONF": str(home / "c.json")}
    podman = ["podman", "system", "connection", "add", *words, "there", address]
    subprocess.run(podman, env=environ, check=True, capture_output=True)
    return {"CONTAINER_CONNECTION": "there", "PODMAN_CONNECTIONS_CONF": str(home / "c.json")}


WAYS = ["docker-tls", "docker-tls-context", "docker-ssh", "docker-ssh-context", "podman-ssh", "podman-ssh-connection"]
WAYS += ["podman-tls", "podman-tls-connection"]


@pytest.fixture(params=WAYS)
async def there(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> AsyncIterator[Backend]:
    """An engine, connected in one of the ways; what the test made is removed."""
    name, way, *named = request.param.split("-")
    engine = engine_called(name, engines)
    environ: dict[str, str] = {}
    if way == "tls" and name == "podman":
        address = request.getfixturevalue("podman_tls")
        certificates = request.getfixturevalue("authority").folder_of(f"client-{tmp_path.name}", tmp_path / "c")
        environ = {"CONTAINER_HOST": address, "PERRY_CONTAINER_CERT_PATH": str(certificates)}
        if named:
            environ = podman_connection(tmp_path, address, certificates)
    elif way == "tls":
        request.getfixturevalue("tls")
        authority: Authority = request.getfixturevalue("authority")
        certificates = authority.folder_of(f"client-{tmp_path.name}", context(tmp_path, TLS_HOST) if named else tmp_path / "c")
        if not named:
            environ = {"DOCKER_HOST": TLS_HOST, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    else:
        server: Sshd = request.getfixturevalue("ssh")
        environ = server.configure(tmp_path)
        url = f"ssh://root@127.0.0.1:{server.port}{engine.socket}"
        if name == "podman" and named:
            connection = {"URI": url, "Identity": str(server.folder / "id")}
            (tmp_path / "c.json").write_text(json.dumps({"Connection": {"Default": "", "Connections": {"there": connection}}}))
            environ |= {"CONTAINER_CONNECTION": "there", "PODMAN_CONNECTIONS_CONF": str(tmp_path / "c.json")}
        elif name == "podman":
            environ |= {"CONTAINER_HOST": url, "CONTAINER_SSHKEY": str(server.folder / "id")}
        elif named:
            context(tmp_path, url)
        else:
            environ["DOCKER_HOST"] = url
    backend = await connect(settings(tmp_path, **environ), [name])
    yield backend
    for container in await backend.list_containers(all=True):
        if container.name.startswith("remote-"):
            await backend.remove_container(container.id, force=True)
    await backend.aclose()


def spec(*command: str, **members: object) -> ContainerSpec:
    name = f"remote-{secrets.token_hex(4)}"
    return validate(ContainerSpec, {"image": IMAGE, "name": name, "network": "none", "cmd": list(command), **members})


async def test_calls_streams_and_conversations(there: Backend) -> None:
    """What one connection carries after the other, what is followed, and what is hijacked and ends on one side alone."""
    info = await there.info()
    assert info.available and info.mode == "remote" and "://" in (there.address or "")
    handle = await there.run_container(spec("sh", "-c", "for i in $(seq 300); do echo line $i; done; sleep 60"))
    options = validate(ExecOptions, {"stdin": "x" * 300_000})
    assert (await there.exec_container(handle.id, ["wc", "-c"], options)).stdout.split() == ["300000"]
    failed = await there.exec_container(handle.id, ["sh", "-c", "echo no >&2; exit 3"], validate(ExecOptions, {}))
    assert (failed.exit_code, failed.stderr) == (3, "no\n")
    execution = await there.exec_stream(handle.id, ["cat"], validate(ExecOptions, {}), stdin=True)
    await execution.send(b"hello ")
    await execution.send(b"there")
    await execution.end_input()
    said = [chunk.text async for chunk in _all(execution.output)]
    assert "".join(said) == "hello there" and await execution.exit_code() == 0
    await execution.aclose()
    follow = await there.follow_logs(handle.id, validate(LogOptions, {}))
    lines = ""
    while "line 300" not in lines:
        records = await follow.next()
        assert records is not None
        lines += "".join(record.text for record in records)
    await follow.aclose()


async def _all(stream: Stream[LogChunk]) -> AsyncIterator[LogChunk]:
    while (records := await stream.next()) is not None:
        for record in records:
            yield record


async def test_a_build_with_what_this_machine_has(there: Backend, tmp_path: Path) -> None:
    """The context and a secret are this machine's; docker's BuildKit asks for them on a connection that is hijacked for gRPC."""
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "big").write_bytes(os.urandom(300_000))
    (folder / "Dockerfile").write_text(
        f"FROM {IMAGE}\nCOPY big /big\nRUN --mount=type=secret,id=token tr a-z A-Z < /run/secrets/token > /out\n"
    )
    (tmp_path / "token").write_text("open")
    network = {"network": "none"} if there.name == "docker" else {}
    wanted = validate(BuildSpec, {"context": str(folder), "secrets": [f"id=token,src={tmp_path / 'token'}"], **network})
    tag = f"localhost/remote-{secrets.token_hex(3)}:1"
    await there.build_image(wanted, tag)
    handle = await there.run_container(spec("sleep", "60", image=tag))
    said = await there.exec_container(handle.id, ["sh", "-c", "cat /out; wc -c < /big"], validate(ExecOptions, {}))
    assert said.stdout.split() == ["OPEN300000"] or said.stdout.split() == ["OPEN", "300000"]
    await there.remove_container(handle.id, force=True)
    await there.remove_image(tag, force=True)


@pytest.fixture(params=["tls", "ssh"])
async def stacks(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> AsyncIterator[Stacks]:
    """A client on docker over there, or the one that the test has put in its place; what the test made is removed."""
    engine = engine_called("docker", engines)
    own = environ(engine, tmp_path)
    if request.param == "tls":
        socket = request.getfixturevalue("tls")
        certificates = request.getfixturevalue("authority").folder_of(f"stacks-{tmp_path.name}", tmp_path / "c")
        own |= {"DOCKER_HOST": TLS_HOST, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    else:
        server: Sshd = request.getfixturevalue("ssh")
        socket = engine.socket
        own |= {**server.configure(tmp_path), "DOCKER_HOST": f"ssh://root@127.0.0.1:{server.port}{engine.socket}"}
    found = Stacks(Client(own), Engine("docker", socket), f"ps{secrets.token_hex(4)}", tmp_path)
    yield found
    await found.client.aclose()
    await found.clean()


async def test_a_project_over_there(stacks: Stacks, tmp_path: Path) -> None:
    """Up, files that are copied there, exec, logs, down: nothing is left."""
    (tmp_path / "token").write_text("a secret of here")
    service = {
        "network_mode": "none",
        "secrets": ["token"],
        "volumes": ["data:/data"],
        "healthcheck": {"test": ["CMD", "true"], "interval": "500ms"},
    }
    others = {f"n{i}": {"network_mode": "none", "depends_on": {"web": {"condition": "service_healthy"}}} for i in range(12)}
    document = stacks.spec({"web": service, **others}, secrets={"token": {"file": str(tmp_path / "token")}}, volumes={"data": {}})
    handle = await stacks.up(document)
    assert await stacks.out(handle, "web", "cat", "/run/secrets/token") == "a secret of here"
    assert set((await stacks.states(handle)).values()) == {"running"}
    assert handle != await stacks.up(document)
    await stacks.down(handle, volumes=True)
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_what_is_of_this_machine_is_named_before_anything_is_touched(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "file").write_text("x")
    mounted = {"web": {"network_mode": "none", "volumes": ["data:/data", f"{tmp_path}/here:/here"]}}
    device = {"type": "none", "o": "bind", "device": str(tmp_path / "here")}
    cases = (
        (stacks.spec({"other": {"network_mode": "none"}, **mounted}, volumes={"data": {}}), "services.web.volumes[1].source"),
        (
            stacks.spec({"web": {"network_mode": "none", "volumes": ["disk:/d"]}}, volumes={"disk": {"driver_opts": device}}),
            "volumes.disk",
        ),
        (stacks.spec({"web": {**mounted["web"], "volumes": [f"{tmp_path}/missing:/m"]}}), "services.web.volumes[0].source"),
    )
    for document, path in cases:
        with pytest.raises(Unsupported) as caught:
            await stacks.up(document)
        assert path in caught.value.message and str(tmp_path) in caught.value.message, caught.value.message
        assert "PERRY_CONTAINER_HOST_PATHS" in caught.value.details["remedy"]
        assert nothing_of(stacks.engine, stacks.prefix)
    # One in a folder of its own is copied all the same, also into a root that is only to be read.
    copied = {"web": {"network_mode": "none", "read_only": True, "secrets": ["s"]}}
    handle = await stacks.up(stacks.spec(copied, secrets={"s": {"file": str(tmp_path / "file")}}))
    assert await stacks.out(handle, "web", "cat", "/run/secrets/s") == "x"
    await stacks.down(handle)
    over_there = {"web": {"network_mode": "none", "volumes": ["/dev/zero:/zero", "/lib/modules:/modules:ro"]}}
    handle = await stacks.up(stacks.spec(over_there))
    await stacks.down(handle)


async def test_paths_of_the_engine_by_ones_own_word(stacks: Stacks, tmp_path: Path) -> None:
    """Here both machines are one, so that what is mounted can be seen."""
    (tmp_path / "file").write_text("x")
    document = stacks.spec({"web": {"network_mode": "none", "volumes": [f"{tmp_path}/file:/file:ro"]}})
    await stacks.client.aclose()
    stacks.client = Client({**(stacks.client.settings.environ or {}), "PERRY_CONTAINER_HOST_PATHS": "engine"})
    handle = await stacks.up(document)
    assert await stacks.out(handle, "web", "cat", "/file") == "x"
    await stacks.down(handle)


async def reason(home: Path, name: str, *, seconds: float = 15, **environ: str) -> tuple[str, str]:
    """Why the engine cannot be used, and what helps; detection keeps to its time."""
    began = time.monotonic()
    (row,) = await detect(settings(home, **environ), [name])
    assert not row.available and time.monotonic() - began < seconds
    with pytest.raises(BackendNotAvailable) as caught:
        await connect(settings(home, **environ))
    assert caught.value.code == 503 and caught.value.details["remedy"]
    return row.reason, row.remedy or ""


async def test_wrong_certificates(tls: str, authority: Authority, tmp_path: Path) -> None:
    stranger = Authority.new(tmp_path / "stranger", "stranger")
    good, wrong = authority.folder_of("good", tmp_path / "good"), stranger.folder_of("wrong", tmp_path / "wrong")
    environ = {"DOCKER_HOST": TLS_HOST, "DOCKER_TLS_VERIFY": "1"}
    told, helps = await reason(tmp_path, "docker", **environ, DOCKER_CERT_PATH=str(wrong))
    assert "does not vouch for" in told and str(wrong / "ca.pem") in helps
    (wrong / "ca.pem").write_bytes(authority.certificate.read_bytes())
    told, helps = await reason(tmp_path, "docker", **environ, DOCKER_CERT_PATH=str(wrong))
    assert "refuses this side" in told and str(wrong / "cert.pem") in told and str(wrong) in helps
    for name in ("cert.pem", "key.pem"):
        (wrong / name).unlink()
    told, helps = await reason(tmp_path, "docker", **environ, DOCKER_CERT_PATH=str(wrong))
    assert "shows no client certificate" in told and "cert.pem" in helps
    (good / "key.pem").unlink()
    told, _ = await reason(tmp_path, "docker", **environ, DOCKER_CERT_PATH=str(good))
    assert str(good / "key.pem") in told
    told, helps = await reason(tmp_path, "docker", DOCKER_HOST=TLS_HOST)
    assert "speaks TLS only" in told and "DOCKER_TLS_VERIFY" in helps
    told, _ = await reason(tmp_path, "docker", **{**environ, "DOCKER_HOST": "tcp://127.0.0.1:1"}, DOCKER_CERT_PATH=str(tmp_path))
    assert "ca.pem does not exist" in told


@pytest.mark.parametrize(
    ("names", "days", "said", "helps"),
    [
        ("DNS:elsewhere,IP:192.0.2.7", 2, "shows a certificate of another host", "use a host name that the certificate has"),
        ("IP:127.0.0.1", -1, "shows a certificate that is not valid now", "renew the engine's certificate"),
    ],
    ids=["another host", "expired"],
)
async def test_an_engine_s_own_certificate_is_wrong(
    engines: Engines, authority: Authority, tmp_path: Path, names: str, days: int, said: str, helps: str
) -> None:
    if not engine_called("docker", engines).private:
        missing("a dockerd of the tests' own needs root")
    certificates = authority.folder_of("asks", tmp_path / "c")
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
    with short_folder(engines) as place, tls_docker(place / "d", authority, PORT + 10, names=names, days=days):
        told, remedy = await reason(tmp_path, "docker", **environ, DOCKER_HOST=f"tcp://127.0.0.1:{PORT + 10}")
    assert said in told and helps in remedy


@contextmanager
def short_folder(engines: Engines) -> Iterator[Path]:
    path = engines.folder / f"r{secrets.token_hex(2)}"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


async def test_wrong_certificates_of_podman_s(podman_tls: str, authority: Authority, tmp_path: Path) -> None:
    certificates = authority.folder_of("good", tmp_path / "c")
    told, helps = await reason(tmp_path, "podman", CONTAINER_HOST=podman_tls)
    assert "speaks TLS only" in told and "PERRY_CONTAINER_CERT_PATH" in helps
    wrong = Authority.new(tmp_path / "stranger", "stranger").folder_of("wrong", tmp_path / "wrong")
    (wrong / "ca.pem").write_bytes(authority.certificate.read_bytes())
    told, helps = await reason(tmp_path, "podman", CONTAINER_HOST=podman_tls, PERRY_CONTAINER_CERT_PATH=str(wrong))
    assert "refuses this side" in told and str(wrong / "cert.pem") in told and str(wrong) in helps
    environ = podman_connection(tmp_path, podman_tls, certificates)
    (certificates / "cert.pem").write_bytes((wrong / "cert.pem").read_bytes())
    told, _ = await reason(tmp_path, "podman", **environ)
    assert "the key is another certificate's" in told and str(certificates / "key.pem") in told


async def test_a_connection_by_a_literal_address_of_ipv6(ssh: Sshd, engines: Engines, tmp_path: Path) -> None:
    engine = engine_called("docker", engines)
    host = f"ssh://root@[::1]:{ssh.port}{engine.socket}"
    backend = await connect(settings(tmp_path, **ssh.configure(tmp_path), DOCKER_HOST=host))
    await backend.aclose()
    assert backend.address == host
    told, helps = await reason(tmp_path, "docker", **ssh.configure(tmp_path, known="changed"), DOCKER_HOST=host)
    assert "another one than the one that is known" in told and f"ssh-keygen -R '[::1]:{ssh.port}'" in helps


async def test_a_machine_without_docker(folder: Path, engines: Engines, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("an sshd of the tests' own needs root")
    with sshd(folder / "bare", 2223, 'ForceCommand PATH=/nowhere; eval "$SSH_ORIGINAL_COMMAND"') as server:
        environ = server.configure(tmp_path)
        told, helps = await reason(tmp_path, "docker", **environ, DOCKER_HOST=f"ssh://root@127.0.0.1:{server.port}")
        assert "docker is not on the PATH of a command that ssh runs there" in told and "install docker there" in helps
        told, _ = await reason(tmp_path, "podman", **environ, CONTAINER_HOST=f"ssh://root@127.0.0.1:{server.port}")
        assert "podman is not on the PATH" in told


async def test_hosts_that_keep_silent(ssh: Sshd, tmp_path: Path) -> None:
    """Detection ends within its two seconds: one that takes connections and says nothing, and one that no packet comes back from."""
    subprocess.run(["ip", "route", "replace", "198.51.100.7/32", "dev", "lo"], check=True)
    environ = {**ssh.configure(tmp_path), "PERRY_CONTAINER_PROBE_TIMEOUT": "2"}
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        for host in (f"tcp://127.0.0.1:{port}", f"ssh://me@127.0.0.1:{port}", "tcp://198.51.100.7:2376", "ssh://198.51.100.7"):
            told, helps = await reason(tmp_path, "docker", seconds=4, **environ, DOCKER_HOST=host)
            assert f"{host} does not answer within 2 s" in told and "see whether" in helps, (told, helps)


async def test_addresses_and_contexts_that_lead_nowhere(tmp_path: Path) -> None:
    for host in ("ssh://-oProxyCommand=id/x", "ssh://-l@box", "ssh://root:secret@box", "ssh://[::1"):
        told, helps = await reason(tmp_path, "docker", seconds=4, DOCKER_HOST=host)
        assert told.startswith("DOCKER_HOST: ") and "DOCKER_HOST" in helps and "secret" not in told + helps
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    told, helps = await reason(tmp_path, "docker", seconds=4, DOCKER_HOST=f"unix://{tmp_path}/dead.sock")
    assert "nothing listens there" in told and "start Docker" in helps
    files = context(tmp_path, f"unix://{tmp_path}/dead.sock")
    told, _ = await reason(tmp_path, "docker", seconds=4, DOCKER_CONTEXT="there")
    assert "nothing listens there" in told
    meta = tmp_path / ".docker/contexts/meta" / files.parent.name / "meta.json"
    meta.write_text(meta.read_text()[:40])
    told, helps = await reason(tmp_path, "docker", seconds=4, DOCKER_CONTEXT="there")
    assert f"{meta} is not JSON" in told and "mend" in helps


async def test_wrong_keys(ssh: Sshd, engines: Engines, tmp_path: Path) -> None:
    engine = engine_called("docker", engines)
    host = f"ssh://root@127.0.0.1:{ssh.port}"
    told, helps = await reason(tmp_path, "docker", **ssh.configure(tmp_path, known="none"), DOCKER_HOST=f"{host}{engine.socket}")
    assert "the host key of 127.0.0.1 is not known" in told and f"ssh -p {ssh.port} root@127.0.0.1" in helps
    told, helps = await reason(
        tmp_path, "docker", **ssh.configure(tmp_path, key="stranger"), DOCKER_HOST=f"{host}{engine.socket}"
    )
    assert "takes none of the keys" in told and "ssh-copy-id" in helps
    good = ssh.configure(tmp_path)
    told, helps = await reason(tmp_path, "docker", **good, DOCKER_HOST=f"{host}/nowhere.sock")
    assert "does not answer there" in told and "start docker on 127.0.0.1" in helps
    told, _ = await reason(tmp_path, "docker", **good, DOCKER_HOST="ssh://root@127.0.0.1:1")
    assert "nothing listens for ssh" in told
    context(tmp_path, f"{host}{engine.socket}")
    told, helps = await reason(tmp_path, "docker", **good, DOCKER_CONTEXT="away")
    assert "no context 'away'" in told and "docker context ls" in helps


async def test_docker_s_own_program_agrees_about_contexts(tls: str, authority: Authority, tmp_path: Path) -> None:
    """A context that docker itself made."""
    docker = shutil.which("docker")
    if docker is None:
        missing("docker's command line is not installed (Debian: apt install docker.io)")
        return
    certificates = authority.folder_of("made", tmp_path / "c")
    files = ",".join(f"{key}={certificates / name}" for key, name in (("ca", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem")))
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    for words in (["create", "mine", "--docker", f"host={TLS_HOST},{files}"], ["use", "mine"]):
        subprocess.run([docker, "context", *words], env=environ, check=True, capture_output=True)
    backend = await connect(settings(tmp_path), ["docker"])
    assert backend.address == TLS_HOST
    assert json.loads(ask(tls, "GET", "/info")[1])["ID"]
    await backend.aclose()
