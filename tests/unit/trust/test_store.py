from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import stat
import time
from pathlib import Path

import pytest

from perry_ffi.trust import store as store_module
from perry_ffi.trust.store import EvidenceStore
from tests.support.sigstore.signing import Signer
from tests.support.trusting import REPOSITORY, digest_of, signed

DIGEST = digest_of("a")


def folder(tmp_path: Path, digest: str = DIGEST) -> Path:
    return tmp_path / "sha256" / digest.removeprefix("sha256:")


def test_what_is_kept_is_what_is_read(tmp_path: Path) -> None:
    store, signer = EvidenceStore(tmp_path), Signer()
    rows = [signed(signer, DIGEST), signed(signer, DIGEST, old=True)]
    assert store.read(DIGEST) == [] and not store.has(DIGEST)
    store.write(DIGEST, rows)
    assert sorted(one.id for one in store.read(DIGEST)) == sorted(one.id for one in rows) and store.has(DIGEST)
    assert store.read(digest_of("b")) == []
    for path in [tmp_path / "sha256", folder(tmp_path)]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in folder(tmp_path).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


def test_a_torn_or_edited_file_is_dropped(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    for damage in (lambda text: text[:-1], lambda text: text + b" ", lambda text: b"", lambda text: b"\0" * len(text)):
        store.write(DIGEST, [signed(Signer(), DIGEST)])
        (path,) = folder(tmp_path).iterdir()
        path.write_bytes(damage(path.read_bytes()))
        assert store.read(DIGEST) == [] and list(folder(tmp_path).iterdir()) == []
    forged = b'{"mediaType":"x"}'
    (folder(tmp_path) / f"{hashlib.sha256(forged).hexdigest()}.json").write_bytes(forged)
    assert store.read(DIGEST) == [] and list(folder(tmp_path).iterdir()) == []


def test_what_is_no_plain_file_is_dropped_and_nobody_waits(tmp_path: Path) -> None:
    folder(tmp_path).mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("s")
    names = ["a" * 64, "b" * 64, "c" * 64]
    (folder(tmp_path) / f"{names[0]}.json").symlink_to(secret)
    os.mkfifo(folder(tmp_path) / f"{names[1]}.json")
    (folder(tmp_path) / f"{names[2]}.json").write_bytes(b"x" * (store_module.MAX_FILE + 1))
    assert EvidenceStore(tmp_path).read(DIGEST) == []
    assert secret.read_text() == "s" and list(folder(tmp_path).iterdir()) == []


def test_few_files_of_a_digest_are_kept_the_newest(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    rows = [signed(Signer(), DIGEST) for _ in range(store_module.MAX_FILES + 3)]
    for number, one in enumerate(rows):
        store.write(DIGEST, [one])
        for path in folder(tmp_path).iterdir():
            found = path.stat()
            os.utime(path, (found.st_atime, found.st_mtime - 10))
        assert len(store.read(DIGEST)) == min(number + 1, store_module.MAX_FILES)
    assert [one.id for one in store.read(DIGEST)] == [one.id for one in reversed(rows[3:])]


def test_all_together_is_bounded_and_left_overs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_BYTES", 4000)
    monkeypatch.setattr(store_module, "_SWEEP_EVERY", 2)
    store = EvidenceStore(tmp_path)
    folder(tmp_path).mkdir(parents=True)
    old, new = folder(tmp_path) / ".1234", folder(tmp_path) / ".5678"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    for number in range(20):
        store.write(digest_of(str(number)), [signed(Signer(), digest_of(str(number)))])
    sizes = [path.stat().st_size for path in tmp_path.rglob("*.json")]
    assert sum(sizes) <= 4000 + 2 * max(sizes) and sizes
    assert not old.exists() and store.has(digest_of("19"))


def test_when_the_registry_was_asked(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    assert store.asked(DIGEST, REPOSITORY) is None
    store.note_asked(DIGEST, REPOSITORY)
    age = store.asked(DIGEST, REPOSITORY)
    assert age is not None and age < 5 and store.asked(DIGEST, "other") is None
    (path,) = folder(tmp_path).iterdir()
    for text in (b"", b"x", str(int(time.time()) + 999).encode(), b"9" * 5000, b"\xff"):
        path.write_bytes(text)
        assert store.asked(DIGEST, REPOSITORY) is None
    path.write_bytes(b"1")
    old = store.asked(DIGEST, REPOSITORY)
    assert old is not None and old > 1e9


def test_a_store_that_is_off_or_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    evidence = signed(Signer(), DIGEST)
    (tmp_path / "file").write_text("")
    for store in (EvidenceStore(None), EvidenceStore(tmp_path / "file")):
        store.write(DIGEST, [evidence])
        store.note_asked(DIGEST, REPOSITORY)
        assert store.read(DIGEST) == [] and store.asked(DIGEST, REPOSITORY) is None
    assert EvidenceStore(tmp_path).read("../../etc/passwd") == []
    EvidenceStore(tmp_path / "no-home/.cache/perry-container/signatures").write(DIGEST, [evidence])
    assert not (tmp_path / "no-home").exists()
    EvidenceStore(tmp_path / ".cache/perry-container/signatures").write(DIGEST, [evidence])
    assert (tmp_path / ".cache").exists()


def _writes(place: str, ready: str) -> None:
    store = EvidenceStore(Path(place))
    rows = [signed(Signer(), DIGEST) for _ in range(4)]
    Path(ready).touch()
    while True:
        store.write(DIGEST, rows)
        for path in folder(Path(place)).glob("*.json"):
            path.unlink(missing_ok=True)


def test_killed_writers_and_many_of_them_leave_nothing_half_written(tmp_path: Path) -> None:
    """Several processes write, read and drop at once, each is killed while it writes: what is read is whole."""
    context = multiprocessing.get_context("fork")
    store = EvidenceStore(tmp_path / "s")
    for turn in range(4):
        ready = [tmp_path / f"ready{turn}-{n}" for n in range(2)]
        writers = [context.Process(target=_writes, args=(str(tmp_path / "s"), str(path))) for path in ready]
        for writer in writers:
            writer.start()
        end = time.monotonic() + 10
        while not all(path.exists() for path in ready) and time.monotonic() < end:
            time.sleep(0.005)
        for _ in range(40):
            for one in store.read(DIGEST):
                assert DIGEST.removeprefix("sha256:").encode() in one.payload
        for writer in writers:
            assert writer.pid is not None
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()
    for path in folder(tmp_path / "s").glob("*.json"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
