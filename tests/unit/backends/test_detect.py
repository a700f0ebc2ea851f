"""Which engines answer, why the others do not, and within what time."""

from __future__ import annotations

import grp  # noqa: F401 - a user who may not read Python's folder cannot load it later
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.detect import KNOWN, choose, connect, detect, platform_order
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.errors import BackendNotAvailable, NoBackendFound, ValidationError
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, Answer, answers, document, scripted_engine, telling

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def settings(home: Path, **environ: str) -> Settings:
    found = Settings.from_environ({"HOME": str(home), "PATH": str(home), **environ})
    return Settings(**{**found.__dict__, "probe_timeout": 0.5})


async def row(home: Path, name: str, **environ: str) -> tuple[bool, str, str]:
    (found,) = await detect(settings(home, **environ), [name])
    assert found.name == name
    return found.available, found.reason, found.remedy or ""


def test_the_order_of_platforms() -> None:
    assert platform_order("linux") == ("podman", "nerdctl", "docker")
    assert platform_order("win32") == ("podman", "nerdctl", "docker")
    assert platform_order("darwin")[0] == "apple/container" and set(KNOWN) - set(platform_order("darwin")) == {"finch", "swarm"}
    assert platform_order() == platform_order(sys.platform)


async def test_one_row_for_each_name_with_reason_and_remedy(short: Path) -> None:
    rows = await detect(settings(short), KNOWN)
    assert [item.name for item in rows] == list(KNOWN)
    assert all(not item.available and item.reason and item.remedy for item in rows)


async def test_what_became_of_each_probe_in_a_word(short: Path) -> None:
    """With the place it was looked for at, and what that said."""
    (short / "gone.sock").symlink_to(short / ".colima" / "docker.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short / "dead.sock"))
    async with (
        scripted_engine(short / "old.sock", telling({**VERSION, "ApiVersion": "1.24"})),
        scripted_engine(short / "odd.sock", answers(document({"hello": 1}))),
        scripted_engine(short / "mute.sock", hang),
        scripted_engine(short / "live.sock", telling(VERSION)),
    ):
        for name, state, words in (
            ("none", "absent", "does not exist"), ("gone", "stopped", f"is a link to {short}/.colima/docker.sock"),
            ("dead", "stopped", "nothing listens there"), ("old", "unsupported", "too old"), ("odd", "broken", "not a container"),
            ("mute", "broken", "does not answer within"), ("live", "ready", ""),
        ):  # fmt: skip
            where = f"unix://{short}/{name}.sock"
            (found,) = await detect(settings(short, DOCKER_HOST=where), ["docker"])
            assert (found.state, found.available, found.where) == (state, state == "ready", where), name
            assert words in found.reason and found.evidence == (None if state == "ready" else [found.reason]), name


async def test_two_names_of_one_engine(short: Path) -> None:
    """The first is that engine, the second is the same."""
    async with scripted_engine(short / "d.sock", telling(PODMAN)):
        (short / "podman.sock").symlink_to(short / "d.sock")
        found = settings(short, DOCKER_HOST=f"unix://{short}/d.sock")
        assert [row.same_as for row in await detect(found, ["podman"])] == [None]
    (short / ".colima").mkdir()
    async with scripted_engine(short / ".colima/docker.sock", telling(VERSION)):
        (short / "docker.sock").symlink_to(short / ".colima/docker.sock")
        rows = await detect(settings(short), ["colima", "docker"])
    assert [(row.name, row.available, row.mode, row.same_as) for row in rows] == [
        ("colima", True, "vm", None), ("docker", True, "vm", "colima"),
    ]  # fmt: skip


async def test_a_path_that_is_no_unicode_is_told_escaped(short: Path) -> None:
    _, reason, _ = await row(short, "docker", DOCKER_HOST=f"unix://{short}/\udcff.sock")
    assert reason == f"unix://{short}/\\udcff.sock does not exist"


async def test_unknown_names_are_refused(short: Path) -> None:
    for call in (detect, connect):
        with pytest.raises(ValidationError) as caught:
            await call(settings(short), ["podman", "dokcer"])
        assert "dokcer" in caught.value.message and "docker" in caught.value.details["expected"]


async def test_a_live_engine(short: Path) -> None:
    async with scripted_engine(short / "docker.sock", telling(VERSION)):
        (found,) = await detect(settings(short), ["docker"])
        assert (found.available, found.version, found.mode, found.isolation_level) == (
            True,
            "20.10.24",
            "local",
            "container",
        )
        backend = await connect(settings(short), ["docker"])
        assert backend.name == "docker" and (await backend.info()).available
        await backend.aclose()


async def test_the_first_that_lives_in_the_order_asked_for(short: Path) -> None:
    async with (
        scripted_engine(short / "docker.sock", telling(VERSION)),
        scripted_engine(short / "podman.sock", telling(PODMAN)),
    ):
        for names, expected in (
            (["docker", "podman"], "docker"), (["podman", "docker"], "podman"), (["nerdctl", "docker"], "docker"),
        ):  # fmt: skip
            backend = await connect(settings(short), names)
            assert backend.name == expected
            await backend.aclose()
        backend = await connect(settings(short, PERRY_CONTAINER_BACKEND="nerdctl,docker"))
        assert backend.name == "docker"
        await backend.aclose()


async def test_a_socket_of_the_other_engine(short: Path) -> None:
    async with scripted_engine(short / "docker.sock", telling(PODMAN)):
        available, reason, remedy = await row(short, "docker")
        assert not available and "belongs to podman" in reason and remedy == "ask for podman"
        url = f"unix://{short}/docker.sock"
        assert (await row(short, "podman", DOCKER_HOST=url))[0]
        for mode in ("", "server-first"):
            backend = await connect(settings(short, DOCKER_HOST=url, PERRY_CONTAINER_MODE=mode))
            assert backend.name == "podman" and backend.address == url
            await backend.aclose()


@pytest.fixture
async def four(short: Path) -> AsyncIterator[Path]:
    """The engines of the machine, and two that the environment may name."""
    async with (
        scripted_engine(short / "docker.sock", telling(VERSION)),
        scripted_engine(short / "podman.sock", telling(PODMAN)),
        scripted_engine(short / "d.sock", telling(VERSION)),
        scripted_engine(short / "p.sock", telling(PODMAN)),
    ):
        yield short


async def used(home: Path, **environ: str) -> str:
    """The name of the socket of the engine that is taken."""
    said = {key: f"unix://{home}/{value}.sock" if key.endswith("HOST") else value for key, value in environ.items()}
    backend = await connect(settings(home, **said))
    await backend.aclose()
    return Path(backend.address or "").stem


async def test_a_server_that_the_environment_names_comes_first(four: Path) -> None:
    assert await used(four) == "podman"
    for mode in ({}, {"PERRY_CONTAINER_MODE": "server-first"}):
        assert await used(four, DOCKER_HOST="d", **mode) == "d"
        assert await used(four, CONTAINER_HOST="p", **mode) == "p"
        assert await used(four, DOCKER_HOST="d", CONTAINER_HOST="p", **mode) == "p"


async def test_engines_of_the_machine_come_first_where_that_is_asked_for(four: Path) -> None:
    local = {"PERRY_CONTAINER_MODE": "local-first"}
    assert await used(four, **local) == "podman"
    assert await used(four, DOCKER_HOST="d", **local) == "podman"
    assert await used(four, DOCKER_HOST="p", **local) == "podman"
    assert await used(four, DOCKER_HOST="d", PERRY_CONTAINER_BACKEND="docker", **local) == "d"


async def test_an_order_of_ones_own_comes_before_a_server(four: Path) -> None:
    assert await used(four, DOCKER_HOST="d", PERRY_CONTAINER_BACKEND="podman") == "podman"
    assert await used(four, DOCKER_HOST="d", PERRY_CONTAINER_BACKEND="podman,docker") == "podman"
    assert await used(four, DOCKER_HOST="d", PERRY_CONTAINER_BACKEND="docker,podman") == "d"
    assert await used(four, DOCKER_HOST="d", CONTAINER_HOST="p", PERRY_CONTAINER_BACKEND="docker,podman") == "d"
    first = {"PERRY_CONTAINER_MODE": "server-first"}
    assert await used(four, DOCKER_HOST="d", PERRY_CONTAINER_BACKEND="podman", **first) == "d"
    both = {"DOCKER_HOST": "d", "CONTAINER_HOST": "p", **first}
    assert await used(four, PERRY_CONTAINER_BACKEND="docker,podman", **both) == "d"
    assert await used(four, PERRY_CONTAINER_BACKEND="podman,docker", **both) == "p"


@pytest.mark.parametrize("variable", ["DOCKER_HOST", "CONTAINER_HOST"])
@pytest.mark.parametrize("mode", ["", "server-first"])
async def test_no_other_engine_stands_in_for_a_server_that_is_named(four: Path, variable: str, mode: str) -> None:
    """The error says which variable it is and where it leads, and how to do without."""
    async with scripted_engine(four / "hangs.sock", hang):
        for name, why in (("none", "does not exist"), ("hangs", "does not answer within 0.5 s")):
            with pytest.raises(BackendNotAvailable) as caught:
                await used(four, PERRY_CONTAINER_MODE=mode, **{variable: name})
            error = caught.value
            assert variable in error.message and f"unix://{four}/{name}.sock {why}" in error.message
            assert f"unset {variable}" in error.details["remedy"] and "local-first" in error.details["remedy"]
            assert error.details["variable"] == variable and len(error.details["probes"]) == 1


async def test_a_program_that_names_an_engine_gets_that_one(four: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{four}/none.sock"}
    backend = await connect(settings(four, **environ), ["podman"])
    await backend.aclose()
    assert Path(backend.address or "").stem == "podman"


async def test_an_engine_that_is_there_and_slow_is_named(short: Path) -> None:
    """One that is not there is not: the engine that is used is the only one there is."""
    async with scripted_engine(short / "docker.sock", telling(VERSION)):
        choice = await choose(settings(short))
        await choice.backend.aclose()
        assert not choice.slow and choice.warning is None and not choice.asked_for
        async with scripted_engine(short / "podman.sock", hang):
            choice = await choose(settings(short))
            await choice.backend.aclose()
        assert [row.name for row in choice.slow] == ["podman"]
        for words in (f"unix://{short}/podman.sock does not answer within 0.5 s", f"docker at unix://{short}/docker.sock"):
            assert words in (choice.warning or "")


async def test_a_podman_whose_service_starts_slowly_is_named(short: Path) -> None:
    (short / "podman").write_text("#!/bin/sh\nexec sleep 20\n")
    (short / "podman").chmod(0o755)
    (short / "run").mkdir()
    async with scripted_engine(short / "docker.sock", telling(VERSION)):
        environ = {"XDG_RUNTIME_DIR": str(short / "run"), "PATH": f"{short}:/usr/bin:/bin"}
        choice = await choose(settings(short, **environ))
        await choice.backend.aclose()
    assert "the service that is started for it does not answer" in (choice.warning or "")
    assert not (short / "run" / "perry-container").exists()


@pytest.fixture
def two(short: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine with two usual places."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{short}/1.sock", f"{short}/2.sock"])
    return short


async def test_a_socket_that_hangs_hides_no_other_one(two: Path) -> None:
    """Both are asked at once; the second is taken when the time of the first is up, and no program is started beside them."""
    (two / "podman").write_text(f"#!/bin/sh\ntouch {two}/started\n")
    (two / "podman").chmod(0o755)
    async with scripted_engine(two / "1.sock", hang), scripted_engine(two / "2.sock", telling(PODMAN)):
        with anyio.fail_after(5):
            (found,) = await detect(settings(two), ["podman"])
            assert (found.state, found.where, found.version) == ("ready", f"unix://{two}/2.sock", "4.3.1")
            backend = await connect(settings(two), ["podman"])
        await backend.aclose()
        assert backend.address == found.where
    assert not (two / "started").exists()


async def test_of_two_sockets_that_answer_the_first_is_taken(two: Path) -> None:
    """Also where the second is the faster one; the connection to that is given up."""

    async def slowly(asked: object, stream: anyio.abc.SocketStream) -> None:
        await anyio.sleep(0.1)
        await stream.send(document(VERSION))

    async with scripted_engine(two / "1.sock", slowly), scripted_engine(two / "2.sock", telling(VERSION)):
        (found,) = await detect(settings(two), ["docker"])
    assert found.where == f"unix://{two}/1.sock"


async def test_two_sockets_that_hang_are_both_evidence(two: Path) -> None:
    async with scripted_engine(two / "1.sock", hang), scripted_engine(two / "2.sock", hang):
        (found,) = await detect(settings(two), ["docker"])
    words = [f"unix://{two}/{number}.sock does not answer within 0.5 s" for number in (1, 2)]
    assert (found.state, found.where, found.evidence) == ("broken", f"unix://{two}/1.sock", words)
    assert found.reason == words[0]


async def test_a_socket_that_hangs_beside_one_that_is_gone(two: Path) -> None:
    async with scripted_engine(two / "2.sock", hang):
        (found,) = await detect(settings(two), ["docker"])
    assert found.reason == f"unix://{two}/2.sock does not answer within 0.5 s" and found.where == f"unix://{two}/2.sock"
    assert found.evidence == [f"unix://{two}/1.sock does not exist", found.reason]


async def hang(asked: object, stream: object) -> None:
    await anyio.sleep_forever()


STRANGE: dict[str, tuple[Answer, str]] = {
    "hangs": (hang, "does not answer"),
    "garbage": (answers(b"SSH-2.0-OpenSSH\r\n\r\n" * 9, then="close"), "not HTTP"),
    "closes": (answers(b"", then="close"), "closed"),
    "no engine": (answers(document({"hello": 1})), "not a container engine"),
    "a web page": (answers(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ht>"), "not JSON"),
    "refuses": (answers(document({"message": "go away"}, "403 Forbidden")), "go away"),
    "too old": (telling({**VERSION, "ApiVersion": "1.24"}), "too old"),
}


@pytest.mark.parametrize("case", STRANGE)
async def test_strange_answers(short: Path, case: str) -> None:
    answer, words = STRANGE[case]
    async with scripted_engine(short / "docker.sock", answer):
        with anyio.fail_after(10):
            available, reason, remedy = await row(short, "docker")
            assert not available and words in reason and remedy
            with pytest.raises(BackendNotAvailable) as caught:
                await connect(settings(short), ["docker"])
        assert caught.value.details["probes"][0]["name"] == "docker" and caught.value.details["remedy"]
        with pytest.raises(NoBackendFound) as none:
            await connect(settings(short), ["docker", "nerdctl"])
        assert [probe["name"] for probe in none.value.details["probes"]] == ["docker", "nerdctl"]


async def test_a_socket_that_nobody_listens_on(short: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short / "docker.sock"))
    available, reason, remedy = await row(short, "docker")
    assert not available and "refuses connections" in reason and remedy


async def test_a_file_that_is_no_socket(short: Path) -> None:
    (short / "docker.sock").write_text("x")
    assert "is a file or a folder, and no socket" in (await row(short, "docker"))[1]


async def test_a_socket_without_permission(short: Path) -> None:
    short.chmod(0o755)
    before = os.geteuid()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short / "docker.sock"))
        listener.listen()
        (short / "docker.sock").chmod(0)
        try:
            if before == 0:
                os.seteuid(65534)
            _, reason, remedy = await row(short, "docker")
        finally:
            os.seteuid(before)
    assert "no permission" in reason and remedy


@pytest.mark.parametrize(
    "url",
    [
        "ssh://me:s3cret@host",
        "https://host:1",
        "podman://host",
        "tcp://[::1:2375",
        "tcp://host:port",
        "unix://relative",
        "tcp://u:s3cret@h:1",
        "nonsense",
        "npipe:////./pipe/x",
        "unix:///" + "x" * 200,
    ],
)
async def test_addresses_that_cannot_be_used(short: Path, url: str) -> None:
    available, reason, remedy = await row(short, "docker", DOCKER_HOST=url)
    assert not available and "DOCKER_HOST" in reason + remedy and "s3cret" not in reason + remedy


async def test_a_server_on_tcp() -> None:
    def serve(answer: Answer) -> Callable[[object], Awaitable[None]]:
        async def client(stream: anyio.abc.SocketStream) -> None:
            async with stream:
                await stream.receive()
                await stream.send(document(VERSION))

        return client  # type: ignore[return-value]

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve(answers(b"")))
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        found = Settings.from_environ({"HOME": "/nowhere", "DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
        (info,) = await detect(found, ["docker"])
        assert info.available and info.mode == "remote"
        group.cancel_scope.cancel()


async def test_probes_run_side_by_side(short: Path) -> None:
    """Each engine answers only when the other was asked too."""
    asked = {"docker": anyio.Event(), "podman": anyio.Event()}

    def after(own: str, other: str, version: object) -> Answer:
        async def answer(request: object, stream: anyio.abc.SocketStream) -> None:
            asked[own].set()
            await asked[other].wait()
            await stream.send(document(version))

        return answer

    async with (
        scripted_engine(short / "docker.sock", after("docker", "podman", VERSION)),
        scripted_engine(short / "podman.sock", after("podman", "docker", PODMAN)),
    ):
        rows = await detect(settings(short), ["docker", "podman"])
    assert all(item.available for item in rows)


async def test_seven_of_eight_that_hang(short: Path) -> None:
    """All are given up together, when the time of one is up, and each says so; the eighth is not kept from its answer.

    The bound is a second, and the margin four, for a machine that is busy: one after the other they would take seven.
    """
    others = [name for name in KNOWN if name not in ("docker", "finch", "swarm")]
    assert len(others) == 7
    programs = ("nerdctl", "container", "orb", "colima", "rdctl", "limactl", "podman")
    for program in programs:
        (short / program).write_text("#!/bin/sh\nexec sleep 30\n")
        (short / program).chmod(0o755)
    for trace in (".orbstack", ".colima", ".rd", ".lima"):
        (short / trace).mkdir()
    environ = {"HOME": str(short), "PATH": f"{short}:/usr/bin:/bin"}
    found = Settings(**{**Settings.from_environ(environ).__dict__, "probe_timeout": 1.0, "platform": "darwin"})
    async with (
        scripted_engine(short / "podman.sock", hang),
        scripted_engine(short / "docker.sock", telling(VERSION)),
    ):
        began = anyio.current_time()
        rows = await detect(found, [*others, "docker"])
        took = anyio.current_time() - began
    assert [row.name for row in rows] == [*others, "docker"]
    assert [row.available for row in rows] == [False] * 7 + [True]
    assert {row.name: row.reason for row in rows[:7] if "does not answer within 1 s" not in row.reason} == {}
    assert all(row.remedy and row.evidence for row in rows[:7]) and 1 <= took < 5


async def test_podman_that_is_not_installed(short: Path) -> None:
    available, reason, remedy = await row(short, "podman")
    assert not available and "not installed" in reason and "install" in remedy


async def test_podman_that_does_not_start(short: Path) -> None:
    (short / "podman").write_text("#!/bin/sh\necho the reason >&2\nexit 125\n")
    (short / "podman").chmod(0o755)
    (short / "run").mkdir()
    available, reason, remedy = await row(short, "podman", XDG_RUNTIME_DIR=str(short / "run"))
    assert not available and "the reason" in reason and remedy
    assert not (short / "run" / "perry-container").exists()


# -- addresses --------------------------------------------------------------------------------


def test_addresses() -> None:
    assert Endpoint.parse("unix:///run/x.sock", where="X").path == "/run/x.sock"
    assert str(Endpoint.parse("tcp://localhost:2375", where="X")) == "tcp://localhost:2375"
    assert Endpoint.parse("tcp://[::1]:2375", where="X").host == "::1"
