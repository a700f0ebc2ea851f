"""Which files of a directory a build gets, and in which form."""

from __future__ import annotations

import fnmatch
import io
import os
import stat
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.build.context import build_context
from perry_ffi.backends.engine_api.build.ignore import Ignore
from perry_ffi.backends.engine_api.build.tar import PIECE, TarStream
from perry_ffi.errors import NotFound, ValidationError

# Patterns of a .dockerignore, a path, and whether it stays at home. The rules: docs.docker.com, "Dockerignore files".
RULES = [
    ("*/temp*", "a/temporary.txt", True),
    ("*/temp*", "a/b/temporary.txt", False),
    ("*/*/temp*", "a/b/temporary.txt", True),
    ("temp?", "tempa", True),
    ("temp?", "temp", False),
    ("temp?", "temp/", False),
    ("**/*.go", "a.go", True),
    ("**/*.go", "x/y/a.go", True),
    ("**/*.go", "x/y/a.goo", False),
    ("*.md\n!README.md", "README.md", False),
    ("*.md\n!README.md", "other.md", True),
    ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", True),
    ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", False),
    ("dir", "dir/a/b", True),
    ("dir/", "dir/a", True),
    ("/dir", "dir/a", True),
    ("./dir/../other", "other/a", True),
    ("dir\n!dir/keep", "dir/keep", False),
    ("dir\n!dir/keep", "dir/drop", True),
    ("*\n!src/**", "src/a/b", False),
    ("*\n!src/**", "lib/a", True),
    ("**\n!keep", "keep", False),
    ("a/**/z", "a/z", True),
    ("a/**/z", "a/b/c/z", True),
    ("a/**", "a", False),
    ("a/**", "a/b", True),
    ("# comment\n\n  a  ", "a", True),
    ("# comment", "# comment", False),
    ("\\#a", "#a", True),
    ("[a-c]x", "bx", True),
    ("[a-c]x", "dx", False),
    ("[^a-c]x", "dx", True),
    ("a.c", "abc", False),
    ("a+", "a+", True),
    ("a+", "aa", False),
    ("\ufeffa", "a", True),
    ("a\r\nb\r\n", "b", True),
    (".*", ".git/config", True),
    ("..", "a", False),
    ("a\\*b", "a*b", True),
    ("a\\*b", "axb", False),
]


@pytest.mark.parametrize(("text", "path", "excluded"), RULES)
def test_rules(text: str, path: str, excluded: bool) -> None:
    assert Ignore.parse(text, file="f").excludes(path) is excluded


@pytest.mark.parametrize("text", ["[", "a[", "[b-a]", "!", "a\\", "[]", "[-a]", "x\n!\n"])
def test_patterns_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Ignore.parse(text, file="dir/.dockerignore")
    assert caught.value.details["file"] == "dir/.dockerignore" and caught.value.details["line"] >= 1


@given(st.text(st.sampled_from("ab*?/.!"), max_size=12), st.text(st.sampled_from("ab/."), min_size=1, max_size=10))
def test_any_text_is_a_rule_or_refused(text: str, path: str) -> None:
    try:
        Ignore.parse(text, file="f").excludes(path)
    except ValidationError:
        assert text.strip().startswith("!")


@given(st.text(st.sampled_from("ab*?"), min_size=1, max_size=8), st.text(st.sampled_from("ab"), min_size=1, max_size=8))
def test_one_component_matches_like_a_file_pattern(pattern: str, name: str) -> None:
    ignored = Ignore.parse(pattern, file="f").excludes(name)
    assert ignored is fnmatch.fnmatchcase(name, pattern)


# -- the stream -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    root.mkdir()
    (root / "Dockerfile").write_text("FROM scratch\n")
    return root


def pieces(folder: Path) -> Iterator[bytes]:
    return TarStream(build_context(folder, None, None).files()).pieces()


def unpacked(folder: Path, dockerfile: str | None = None, inline: str | None = None) -> dict[str, tarfile.TarInfo]:
    """What is published of the directory."""
    data = io.BytesIO(b"".join(TarStream(build_context(folder, dockerfile, inline).files()).pieces()))
    with tarfile.open(fileobj=data, mode="r:", encoding="utf-8", errors="surrogateescape") as tar:
        found = {member.name: member for member in tar.getmembers()}
        for member in found.values():
            if member.isfile():
                file = tar.extractfile(member)
                assert file is not None
                member.pax_headers["content"] = file.read()  # type: ignore[assignment]
    return found


def content(member: tarfile.TarInfo) -> bytes:
    return member.pax_headers["content"]  # type: ignore[return-value]


def test_files_links_modes_and_hostile_names(folder: Path) -> None:
    names = ["-rf", "a b", "new\nline", "ümlaut", "x" * 200, "*", "'", '"', "\\", "..a", os.fsdecode(b"\xff\xfe")]
    for name in names:
        (folder / name).write_bytes(os.fsencode(name))
    deep = folder / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / "file").write_text("deep")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    (folder / "run").write_text("x")
    (folder / "run").chmod(0o4755)
    (folder / "empty").mkdir()
    found = unpacked(folder)
    for name in names:
        assert content(found[name]) == os.fsencode(name)
    assert content(found[f"{'d' * 100}/{'e' * 100}/file"]) == b"deep"
    assert found["link"].issym() and found["link"].linkname == "/etc/passwd"
    assert found["dangling"].issym() and found["loop"].issym()
    assert stat.S_IMODE(found["run"].mode) == 0o4755 and found["empty"].isdir()
    assert {(member.uid, member.gid, member.uname) for member in found.values()} == {(0, 0, "")}


def test_the_system_tar_reads_it(folder: Path, tmp_path: Path) -> None:
    (folder / "ü").write_text("1")
    (folder / "big").write_bytes(b"0123456789" * 300_000)
    data = b"".join(pieces(folder))
    subprocess.run(["tar", "-x", "-C", tmp_path], input=data, check=True)
    assert (tmp_path / "big").read_bytes() == b"0123456789" * 300_000 and (tmp_path / "ü").read_text() == "1"


def test_pieces_are_bounded(folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(20 * PIECE)
    for piece in pieces(folder):
        assert len(piece) <= 3 * PIECE


def test_what_is_ignored_is_not_sent(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!src\nsrc/*.log\n")
    for name in ("src/a", "src/b.log", "secret/key"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    assert list(unpacked(folder)) == ["src", "src/a"]


def test_an_ignored_folder_is_entered_and_sent_only_for_what_comes_back(folder: Path) -> None:
    (folder / ".dockerignore").write_text("node_modules\nbuild\n!build/keep/this\n!build/gone/this\n")
    for name in ("node_modules/x", "build/drop", "build/gone/that", "build/keep/this", "build/keep/that"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "build/keep").chmod(0o711)
    os.mkfifo(folder / "node_modules" / "pipe")
    found = unpacked(folder)
    assert list(found) == [".dockerignore", "Dockerfile", "build", "build/keep", "build/keep/this"]
    assert found["build/keep"].mode == 0o711


def test_names_are_in_the_order_of_their_bytes(folder: Path) -> None:
    names = ["a-b", "a.b", "a\uffee", "a\U0001f600", os.fsdecode(b"a\xfe")]
    for name in names:
        (folder / name).write_text("")
    (folder / "a").mkdir()
    (folder / "a/c").write_text("")
    order = [name for name in unpacked(folder) if name != "Dockerfile"]
    assert order == ["a", "a/c", *sorted(names, key=os.fsencode)]


@pytest.fixture
def linked(folder: Path, tmp_path: Path) -> Path:
    """Dockerfiles in many places, and links of every kind that lead there."""
    (tmp_path / "Outside").write_text("outside")
    (folder / "sub").mkdir()
    (folder / "sub/D").write_text("inside")
    links = {
        "link": "sub/D", "chain": "chain2", "chain2": "./sub/../link", "absolute": str(folder / "sub/D"), "dir": "sub",
        "out": "../Outside", "far": str(tmp_path / "Outside"), "loop": "loop2", "loop2": "loop", "nowhere": "sub/E",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    return folder


@pytest.mark.parametrize("ignored", ["", "*\n", "sub\nlink\n"])
@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("sub/D", "inside"), ("./sub/D", "inside"), ("{}/sub/D", "inside"), ("link", "inside"), ("chain", "inside"),
        ("absolute", "inside"), ("dir/D", "inside"), ("out", "outside"), ("far", "outside"), ("../Outside", "outside"),
        ("sub/../../Outside", "outside"),
    ],
)  # fmt: skip
def test_the_dockerfile_is_read_apart(linked: Path, asked: str, text: str, ignored: str) -> None:
    (linked / ".dockerignore").write_text(ignored)
    context = build_context(linked, asked.format(linked), None)
    assert context.dockerfile == text.encode()
    assert context.at == ("sub/D" if asked.endswith("sub/D") else None)


def test_dockerfiles_that_cannot_be_had(linked: Path) -> None:
    with pytest.raises(NotFound, match="is a link to sub/E, which is not there"):
        build_context(linked, "nowhere", None)
    with pytest.raises(ValidationError, match="[Ll]evels of symbolic links"):
        build_context(linked, "loop", None)
    os.mkfifo(linked / "pipe")
    for name in ("sub", "dir", "pipe"):
        with pytest.raises(ValidationError, match="no regular file"):
            build_context(linked, name, None)


def test_the_names_of_a_dockerfile(folder: Path) -> None:
    (folder / "Dockerfile").rename(folder / "Containerfile")
    (folder / "Containerfile.dockerignore").write_text("a\n")
    (folder / "Dockerfile.dockerignore").write_text("b\n")
    (folder / "a").write_text("")
    (folder / "b").write_text("")
    assert build_context(folder, None, None).at == "Containerfile"
    assert {"a", "b"} & set(unpacked(folder)) == {"b"}
    with pytest.raises(NotFound, match="/Dockerfile: there is no such"):
        build_context(folder, "Dockerfile", None)
    (folder / "dockerfile").write_text("lower")
    for asked in (None, "Dockerfile"):
        assert build_context(folder, asked, None).at == "dockerfile"
        assert {"a", "b"} & set(unpacked(folder, asked)) == {"a"}, "the rules bear the name that was asked for"
    assert build_context(folder, None, "FROM inline").at is None


def test_a_dockerfile_has_an_ignore_file_of_its_own(folder: Path) -> None:
    (folder / ".dockerignore").write_text("a\n")
    (folder / "Dockerfile.dockerignore").write_text("b\n")
    for name in "ab":
        (folder / name).write_text(name)
    assert {"a", "b"} & set(unpacked(folder)) == {"a"}
    (folder / "Link").symlink_to("Dockerfile")
    assert {"a", "b"} & set(unpacked(folder, "Link")) == {"b"}, "a link's own name counts"
    (folder / "Link.dockerignore").write_text("*\n")
    assert {"a", "b"} & set(unpacked(folder, "Link")) == set()
    assert {"a", "b"} & set(unpacked(folder, None, "FROM inline")) == {"b"}


def test_rules_that_only_podman_has(folder: Path) -> None:
    for name, text in (
        (".dockerignore", "a"),
        (".containerignore", "b"),
        ("Own.containerignore", "c"),
        ("Own", ""),
        ("a", ""),
        ("b", ""),
        ("c", ""),
    ):
        (folder / name).write_text(text)

    def left(dockerfile: str | None, podman: bool) -> set[str]:
        return {found.name for found in build_context(folder, dockerfile, None, podman=podman).files()} & {"a", "b", "c"}

    assert left(None, False) == {"b", "c"} and left(None, True) == {"a", "c"}
    assert left("Own", False) == {"b", "c"} and left("Own", True) == {"a", "b"}


def test_what_is_missing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        build_context(tmp_path / "nowhere", None, None)
    with pytest.raises(NotFound):
        build_context(folder, "Missing", None)
    with pytest.raises(ValidationError):
        build_context(folder / "Dockerfile", None, None)
    for name in ("x" * 10_000, "a\0b"):
        with pytest.raises(NotFound):
            build_context(tmp_path / name, None, None)
        with pytest.raises(NotFound):
            build_context(folder, name, None)


@pytest.mark.parametrize("kind", ["pipe", "gone", "shrinks"])
def test_what_cannot_be_sent(folder: Path, kind: str) -> None:
    path = folder / "zz"
    if kind == "pipe":
        os.mkfifo(path)
        stream = pieces(folder)
    else:
        (folder / "aa").write_bytes(bytes(3 * PIECE))
        path.write_bytes(bytes(3 * PIECE))
        stream = pieces(folder)
        next(stream)
        path.unlink() if kind == "gone" else os.truncate(path, 10)
        if kind == "shrinks":
            os.truncate(folder / "aa", 10)
    with pytest.raises(ValidationError) as caught:
        b"".join(stream)
    assert caught.value.details["file"] in ("zz", "aa") and caught.value.details["remedy"]


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root reads everything, so it becomes somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_may_not_be_read(nobody: None, kind: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "Dockerfile").write_text("FROM scratch\n")
        secret = root / "secret"
        secret.mkdir() if kind == "folder" else secret.write_text("x")
        secret.chmod(0)
        with pytest.raises(ValidationError) as caught:
            b"".join(pieces(root))
        assert caught.value.details["file"] == "secret"


def test_a_socket_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        data = io.BytesIO(b"".join(pieces(folder)))
    with tarfile.open(fileobj=data) as tar:
        assert tar.getnames() == ["Dockerfile"]
