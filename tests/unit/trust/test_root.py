"""The trusted root: what is read of it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from perry_ffi.trust.root import Period, TrustedRoot
from tests.support.sigstore.recorded import file


def edited(change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = json.loads(file("trusted_root.json"))
    change(value)
    return json.dumps(value).encode()


def test_what_a_root_names() -> None:
    root = TrustedRoot.parse(file("trusted_root.json"))
    assert [log.key.kind for log in root.logs] == ["ECDSA P-256", "Ed25519"]
    assert len(root.certificate_logs) == len(root.authorities) == len(root.stampers) == 1
    assert len(root.authorities[0].others) == 1 and len(root.stampers[0].others) == 2
    assert root.logs[0].period == Period(datetime(2024, 1, 1, tzinfo=UTC))
    assert root.logs[0].url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("version", ["+json;version=0.1", ".v0.1+json", ".v0.2+json"])
def test_versions_of_the_format(version: str) -> None:
    assert TrustedRoot.parse(edited(lambda value: value.update(mediaType=f"application/vnd.dev.sigstore.trustedroot{version}")))


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("mediaType"),
        lambda value: value.update(mediaType="application/vnd.dev.sigstore.trustedroot.v9+json"),
        lambda value: value.update(tlogs={}),
        lambda value: value.update(tlogs=value["tlogs"] * 40),
        lambda value: value["tlogs"][0].pop("logId"),
        lambda value: value["tlogs"][0]["logId"].update(keyId="?"),
        lambda value: value["tlogs"][0]["publicKey"].update(rawBytes="AA"),
        lambda value: value["tlogs"][0]["publicKey"].update(validFor={"start": "yesterday"}),
        lambda value: value["tlogs"][0]["publicKey"].update(validFor={"start": "2024-13-01T00:00:00Z"}),
        lambda value: value["tlogs"][0]["publicKey"].update(validFor={"start": "2024-01-01T00:00:00"}),
        lambda value: value["tlogs"][0]["publicKey"].update(validFor={"end": 7}),
        lambda value: value["tlogs"][0]["publicKey"].update(validFor="always"),
        lambda value: value["tlogs"][0]["publicKey"].pop("validFor"),
        lambda value: value["tlogs"][1]["publicKey"]["validFor"].pop("start"),
        lambda value: value["ctlogs"][0]["publicKey"].update(validFor=None),
        lambda value: value["certificateAuthorities"][0].pop("certChain"),
        lambda value: value["certificateAuthorities"][0]["certChain"].update(certificates=[]),
        lambda value: value["certificateAuthorities"][0]["certChain"]["certificates"][0].update(rawBytes="AAAA"),
        lambda value: value.update(tlogs=[], ctlogs=[], certificateAuthorities=[], timestampAuthorities=[]),
    ],
)
def test_what_is_no_root(change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ValueError) as caught:
        TrustedRoot.parse(edited(change))
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'{"a": 1, "a": 2}'])
def test_what_is_no_document(text: bytes) -> None:
    with pytest.raises(ValueError):
        TrustedRoot.parse(text)


def test_a_log_with_a_key_of_an_unknown_kind_is_left_out() -> None:
    """A root that already has the next kind of keys is of use all the same; what cannot be checked is believed nothing."""
    root = TrustedRoot.parse(edited(lambda value: value["tlogs"][0]["publicKey"].update(rawBytes="AAAA")))
    assert [log.key.kind for log in root.logs] == ["Ed25519"]


def test_times_of_a_period() -> None:
    start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    period = Period(start, end)
    assert period.contains(start) and period.contains(end)
    assert not period.contains(datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)) and not period.contains(
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    )
    assert Period(start).contains(datetime(9999, 1, 1, tzinfo=UTC))


def test_a_time_in_another_zone() -> None:
    root = TrustedRoot.parse(
        edited(lambda value: value["tlogs"][0]["publicKey"].update(validFor={"start": "2024-01-01T02:00:00.5+02:00"}))
    )
    assert root.logs[0].period.start == datetime(2024, 1, 1, tzinfo=UTC)
