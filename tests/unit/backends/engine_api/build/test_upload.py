"""What a build publishes of a directory: the same from each builder, as docker compose has it, and nothing of ours."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.engine_api.build.buildkit import filesync, protobuf
from perry_ffi.backends.engine_api.build.buildkit.filesync import DIFF_COPY, BuildFiles
from perry_ffi.backends.engine_api.build.context import BuildContext, build_context
from perry_ffi.backends.engine_api.build.ignore import Ignore
from perry_ffi.backends.engine_api.build.upload import Upload, for_docker, for_docker_amended, for_podman
from perry_ffi.errors import ValidationError
from tests.support.build_cases import CASES, TEXT, Case
from tests.unit.backends.engine_api.build.buildkit.session import Client, served

pytestmark = pytest.mark.anyio
I = ".dockerignore"  # noqa: E741


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def context(case: Case, tmp_path: Path) -> BuildContext:
    root = tmp_path / "up/context"
    return build_context(root, case.dockerfile, case.write(root))


def unpacked(upload: Upload, folder: Path) -> None:
    """As a builder does; what leads out of the folder is refused, as podman refuses it."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(upload.stream.pieces()))) as tar:
        for member in tar.getmembers():
            target = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
            assert not (member.issym() and target.startswith("..") and upload.stream.aside), member.name
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.islnk():
                os.link(folder / member.linkname, path, follow_symlinks=False)
            else:
                tar.extract(member, folder, filter="fully_trusted")


def listed(folder: Path) -> tuple[list[str], list[str]]:
    """Files and folders, by their paths."""
    found = [(str(path.relative_to(folder)), path.is_dir() and not path.is_symlink()) for path in folder.rglob("*")]
    return sorted(name for name, below in found if not below), sorted(name for name, below in found if below)


def same_contents(folder: Path, context: BuildContext) -> bool:
    """Whether what is there is what lies in the directory, links as they are."""
    for name in listed(folder)[0]:
        one, other = folder / name, context.root / name
        if one.is_symlink() or other.is_symlink():
            assert os.readlink(one) == os.readlink(other)
        else:
            assert one.read_bytes() == other.read_bytes() and one.stat().st_mode == other.stat().st_mode
    return True


async def test_docker_s_classic_builder(case: Case, context: BuildContext, tmp_path: Path) -> None:
    upload, folder = for_docker(context), tmp_path / "built"
    assert (upload is not None) is case.classic
    if upload is None:
        return
    dockerfile = upload.query["dockerfile"]
    unpacked(upload, folder)
    assert (folder / dockerfile).read_text() == TEXT
    classic_builder(folder, dockerfile)
    assert listed(folder) == case.expected() and same_contents(folder, context)


def classic_builder(folder: Path, dockerfile: str) -> None:
    """What it does before it builds: two files go where the stream's rules name them."""
    if (folder / I).is_file():
        rules = Ignore.parse((folder / I).read_text(), file=I)
        for name in (I, dockerfile):
            if rules.excludes(name):
                (folder / name).unlink()


async def test_docker_s_classic_builder_where_no_other_can(case: Case, context: BuildContext, tmp_path: Path) -> None:
    """The rules that are published have two lines more; that is all."""
    if case.classic or (not (context.root / I).is_file() and os.path.lexists(context.root / I)):
        return
    upload, folder = for_docker_amended(context), tmp_path / "built"
    unpacked(upload, folder)
    classic_builder(folder, upload.query["dockerfile"])
    assert listed(folder)[0] == case.expected()[0]
    assert (folder / I).read_text().startswith((context.root / I).read_text())


async def test_podman_s_builder(case: Case, context: BuildContext, tmp_path: Path) -> None:
    upload, above = for_podman(context, {"token": b"secret", "other": b"x"}), tmp_path / "libpod_builder"
    folder = above / "build"
    unpacked(upload, folder)
    moved = {}
    for wanted in json.loads(upload.query["secrets"]):
        ident, name = (part.partition("=")[2] for part in wanted.split(","))
        (folder / name).rename(above / name)
        moved[ident] = above / name
    assert moved["token"].read_bytes() == b"secret" and moved["other"].read_bytes() == b"x"
    assert (folder / upload.query["dockerfile"]).resolve().read_text() == TEXT
    for left in json.loads(upload.query["excludes"]):
        # Empty rules of its own, where it would stumble over what else it takes for rules.
        assert not (folder / left).exists() or (left == ".containerignore" and not (folder / left).read_bytes())
        (folder / left).unlink(missing_ok=True)
    assert listed(folder) == case.expected() and same_contents(folder, context)


# -- docker's BuildKit --------------------------------------------------------------------------------


async def received(client: Client, folder: str, into: Path, *follow: str, known: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """The engine's side of the files' protocol: asks for every file but the ``known``; the paths in their order."""
    names: list[str] = []
    files: dict[int, Any] = {}
    ident = await client.begin(DIFF_COPY, dir_name=folder, followpaths=list(follow))
    waiting, buffer = None, b""
    while True:
        for event in await client.events():
            buffer += getattr(event, "data", b"") or b"" if type(event).__name__ == "DataReceived" else b""
            status = dict(getattr(event, "headers", None) or ()).get("grpc-status")
            if status is not None:
                assert status == "0", dict(event.headers)  # type: ignore[attr-defined]
                return names
        while len(buffer) >= 5 and len(buffer) >= 5 + (length := int.from_bytes(buffer[1:5], "big")):
            packet, buffer = protobuf.decode(buffer[5 : 5 + length]), buffer[5 + length :]
            kind, number = protobuf.whole(packet, 1), protobuf.whole(packet, 3)
            if kind == 0 and (status_of := protobuf.message(packet, 2)):
                told = protobuf.decode(status_of)
                path = into / os.fsdecode(protobuf.message(told, 1))
                mode = protobuf.whole(told, 2)
                assert path.parent.is_dir(), "a folder comes before what is in it"
                if mode & 1 << 31:
                    path.mkdir(mode=mode & 0o777)
                elif mode & 1 << 27:
                    path.symlink_to(protobuf.text(told, 7))
                elif str(path.relative_to(into)) not in known:
                    files[len(names)] = path.open("wb")
                    path.chmod(mode & 0o777)
                    await client.send(ident, protobuf.encode({1: 1, 3: len(names)}))
                names.append(str(path.relative_to(into)))
            elif kind == 0:
                waiting = True
            elif kind == 2 and (data := protobuf.message(packet, 4)):
                files[number].write(data)
            elif kind == 2:
                files.pop(number).close()
            elif kind == 4:
                raise AssertionError(protobuf.text(packet, 4))
        if waiting and not files:
            waiting = None
            await client.send(ident, protobuf.encode({1: 3}))


async def test_docker_s_buildkit(case: Case, context: BuildContext, tmp_path: Path) -> None:
    async with served(more=BuildFiles(context).handlers()) as client:
        (tmp_path / "d").mkdir()
        names = await received(client, "dockerfile", tmp_path / "d", "Dockerfile", "Dockerfile.dockerignore", "dockerfile")
        assert names == ["Dockerfile", "Dockerfile.dockerignore"]
        assert (tmp_path / "d/Dockerfile").read_text() == TEXT
        assert not Ignore.parse((tmp_path / "d/Dockerfile.dockerignore").read_text(), file=I).excludes("file")
        for number, follow in enumerate(([], ["x", I])):
            folder = tmp_path / str(number)
            folder.mkdir()
            await received(client, "context", folder, *follow)
            assert listed(folder) == case.expected() and same_contents(folder, context)
        (tmp_path / "rules").mkdir()
        sent = await received(client, "context", tmp_path / "rules", I)
        assert sent == [name for name in case.expected()[0] + case.expected()[1] if name == I], (
            "asked for its rules, it gets no more"
        )


@pytest.fixture
def large(tmp_path: Path) -> BuildContext:
    root = tmp_path / "large"
    root.mkdir()
    for number in range(300):
        (root / f"small{number}").write_text(str(number))
    (root / "big").write_bytes(os.urandom(3 * 1024 * 1024 + 1))
    (root / "empty").write_text("")
    return build_context(root, None, TEXT)


async def test_many_files_and_a_large_one(large: BuildContext, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    async with served(more=BuildFiles(large).handlers()) as client:
        await received(client, "context", tmp_path / "to", known={"small7"})
    (tmp_path / "to/small7").write_text("7")
    assert len(listed(tmp_path / "to")[0]) == 302 and same_contents(tmp_path / "to", large)


@pytest.mark.parametrize("change", ["gone", "shorter"])
async def test_a_file_that_cannot_be_sent(
    large: BuildContext, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "to").mkdir()
    files = BuildFiles(large)
    if change == "gone":
        (large.root / "big").unlink()
    else:
        whole = filesync.open_found
        monkeypatch.setattr(filesync, "open_found", lambda found: (whole(found)[0], whole(found)[1] + 1))
    async with served(more=files.handlers()) as client:
        with pytest.raises(AssertionError, match="big(:|%3A) (No such file|it became shorter)"):
            await received(client, "context", tmp_path / "to", known={f"small{n}" for n in range(300)} | {"empty"})
    assert isinstance(files.failure, ValidationError) and files.failure.details["file"] == "big"


async def test_nonsense_of_the_builder(large: BuildContext) -> None:
    """It ends the call, and nothing else."""
    async with served(more=BuildFiles(large).handlers()) as client:
        for name, message, status in (("other", b"", "5"), ("context", protobuf.encode({1: 4}), "3"), ("context", b"\x0f", "13")):
            ident = await client.begin(DIFF_COPY, dir_name=name)
            await client.send(ident, message, last=True)
            assert (await client.ending(ident))[1] == status
        ident = await client.begin(DIFF_COPY, dir_name="dockerfile")
        await client.send(ident, protobuf.encode({1: 1, 3: 99}))
        await client.send(ident, protobuf.encode({1: 3}))
        assert (await client.ending(ident))[1] == "0"


async def test_the_same_state_of_the_same_files_has_the_same_key(large: BuildContext, tmp_path: Path) -> None:
    """The builder takes sizes and times for the contents, so those alone must not make a key."""
    first = BuildFiles(large).key
    assert BuildFiles(large.with_dockerfile("FROM y")).key == first
    path = large.root / "small5"
    before = path.stat()
    await anyio.sleep(0.02)
    path.write_text("6")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert BuildFiles(large).key != first
