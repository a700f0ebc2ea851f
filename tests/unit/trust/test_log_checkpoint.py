"""Checkpoints: signed notes, and texts that look like some."""

from __future__ import annotations

import json

import pytest

from perry_ffi.trust.log_checkpoint import signed_root
from perry_ffi.trust.root import Log, TrustedRoot
from tests.support.sigstore import Sigstore
from tests.support.sigstore.transparency import b64

SIGSTORE = Sigstore()
ROOT = TrustedRoot.parse(json.dumps(SIGSTORE.trusted_root()).encode())
LOGS = [(SIGSTORE.log, ROOT.logs[0]), (SIGSTORE.log2, ROOT.logs[1])]


def note(text: str, *, name: str = "127.0.0.1", hint: bytes | None = None) -> str:
    log = SIGSTORE.log
    return f"{text}\n— {name} {b64((log.id[:4] if hint is None else hint) + log.sign(text.encode()))}\n"


@pytest.mark.parametrize("kind", [0, 1])
def test_a_checkpoint_of_the_log(kind: int) -> None:
    ours, log = LOGS[kind]
    assert signed_root(ours.checkpoint(), log) == (1, ours.tree.root())
    other: Log = LOGS[1 - kind][1]
    assert signed_root(ours.checkpoint(), other) is None


def test_witnesses_sign_as_well() -> None:
    ours, log = LOGS[0]
    witness = "— witness.test " + b64(b"abcdefgh" * 8) + "\n"
    text = ours.checkpoint()
    assert signed_root(text + witness, log) and signed_root(text.replace("\n\n", f"\n\n{witness}"), log)
    assert signed_root(text.partition("\n\n")[0] + f"\n\n{witness}", log) is None
    assert signed_root(text + witness * 40, log) is None


ROOT_TEXT = b64(b"\1" * 32)


@pytest.mark.parametrize(
    "text",
    [
        f"127.0.0.1 - 1\n5\n{ROOT_TEXT}\n",
        f"127.0.0.1\n5\n{ROOT_TEXT}\nand more\n",
    ],
)
def test_texts_that_are_checkpoints(text: str) -> None:
    assert signed_root(note(text), LOGS[0][1]) == (5, b"\1" * 32)


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1\n5\n", "127.0.0.1\n-5\nAQEB\n", "127.0.0.1\n05\nAQEB\n", "127.0.0.1\n5 \nAQEB\n", "127.0.0.1\n5\n!\n", "127.0.0.1\n\nAQEB\n",
     "\n5\nAQEB\n", f"127.0.0.10\n5\n{ROOT_TEXT}\n", f"other\n5\n{ROOT_TEXT}\n", "127.0.0.1\n5\nAQEB"],
)  # fmt: skip
def test_texts_that_are_none(text: str) -> None:
    assert signed_root(note(text), LOGS[0][1]) is None


def test_signatures_that_are_none() -> None:
    text = f"127.0.0.1\n5\n{ROOT_TEXT}\n"
    log = LOGS[0][1]
    good = note(text)
    assert signed_root(good, log)
    bad = [
        note(text, hint=b"abcd"), note(text, hint=b""), note(text, name="other"), good.replace("—", "-"), good.rstrip("\n"), good + "\n",
        good.replace("— ", "—"), good.replace("5", "6", 1), text, "", "\n\n", f"{text}\n— 127.0.0.1 \n", good.replace("\n\n", "\n"),
    ]  # fmt: skip
    for each in bad:
        assert signed_root(each, log) is None, each
