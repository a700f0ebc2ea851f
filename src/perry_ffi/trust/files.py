"""Policies, keys and trusted roots from files. Everything here reads files: to be called in a thread.

A file is read at each use, so a change acts at once; what has the same bytes as before is not parsed again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from perry_ffi.errors import ValidationError
from perry_ffi.model.files import open_file
from perry_ffi.trust.machine import machine_policy
from perry_ffi.trust.policy import Policy, Rule, builds_of, demands, refuse_twins

if TYPE_CHECKING:
    from perry_ffi.model.verify import VerifyDemand, VerifyIdentity, VerifyPolicy
    from perry_ffi.settings import Settings
    from perry_ffi.trust.identity import Identity
    from perry_ffi.trust.keys import Key
    from perry_ffi.trust.root import TrustedRoot

MAX_POLICY = 1024 * 1024
MAX_KEY = 64 * 1024
MAX_ROOT = 4 * 1024 * 1024
PUBLIC_GOOD = "public-good"
_KEPT = 256

T = TypeVar("T")


class PolicyFiles:
    """What has been parsed is kept by the hash of its bytes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parsed: OrderedDict[tuple[str, bytes], Any] = OrderedDict()

    def floor(self) -> Policy | None:
        """The machine's policy. Raises ValidationError with the path of the file for one that cannot be read or understood."""
        from perry_ffi.model.base import decode
        from perry_ffi.model.verify import VerifyPolicy

        path = machine_policy(self._settings)
        if path is None:
            return None
        source = str(path)
        text = _read(path, MAX_POLICY, source, source)
        try:
            document = self._once("policy", text, lambda: decode(VerifyPolicy, text, "policy"))
        except ValidationError as error:
            raise _in_file(error, source) from None
        return self.policy(document, source, path.parent, floor=True)

    def policy(
        self, document: VerifyPolicy, source: str, folder: Path, *, floor: bool = False, default_root: str | None = None
    ) -> Policy:
        """A document with its keys and roots; paths are relative to ``folder``. source: who asks for it, in words or the file.

        default_root: where the document names none. Raises ValidationError, with the member.
        """
        refuse_twins(document, source)
        rules = []
        for place, images, demand in demands(document):
            root = demand.trusted_root or document.trusted_root or default_root
            rules.append(self._rule(place, images, demand, document, source, folder, root))
        return Policy(
            source=source,
            rules=tuple(rules),
            unmatched=document.unmatched,
            builds=document.builds,
            insecure=frozenset(document.insecure_registries),
            signatures_from=document.signatures_from,
            max_age=document.max_age,
            floor=floor,
            root=str(folder / document.trusted_root)
            if document.trusted_root not in (None, PUBLIC_GOOD)
            else document.trusted_root,
        )

    def _rule(
        self, place: str, images: tuple[str, ...], demand: VerifyDemand, document: VerifyPolicy, source: str, folder: Path,
        root: str | None,
    ) -> Rule:  # fmt: skip
        from perry_ffi.trust.verify import wanted_of

        at = place or "verify"
        signed_as = demand.signed_as
        rule = Rule(
            images=images,
            place=at,
            mode=demand.mode or document.mode or "enforce",
            keys=tuple(self._key(text, f"{at}.keys[{n}]", source, folder) for n, text in enumerate(demand.keys)),
            identities=tuple(_identity(one) for one in demand.identities),
            digests=frozenset(demand.digests),
            threshold=demand.threshold,
            annotations=dict(demand.annotations),
            signed_as=signed_as if isinstance(signed_as, str) else tuple(signed_as),
            require_log=demand.require_transparency_log,
            require_sct=demand.require_sct,
            require_timestamp=demand.require_timestamp,
            root=self._root(root, f"{at}.trustedRoot", source, folder) if root and _needs_root(demand) else None,
            builds=builds_of(document, demand),
        )
        try:
            wanted_of(rule)
        except ValidationError as error:
            expected = str(error.details["expected"])
            raise ValidationError(
                f"{source}: {at}: {expected}", path=f"{at}.trustedRoot", file=source, expected=expected
            ) from None
        return rule

    def _key(self, text: str, at: str, source: str, folder: Path) -> Key:
        from perry_ffi.trust.keys import Key

        pem = text.encode() if text.lstrip().startswith("-----BEGIN") else None
        if pem is None:
            if re.match(r"[a-z0-9]+://", text):
                raise _wrong(source, at, "PEM text or the path of a file; a key that a service keeps cannot be asked for here")
            pem = _read(folder / text, MAX_KEY, source, at)
        return self._parse("key", pem, Key.parse, source, at)

    def _root(self, text: str, at: str, source: str, folder: Path) -> TrustedRoot:
        from perry_ffi.trust.root import TrustedRoot

        if text == PUBLIC_GOOD:
            return self._parse("root", _public_good(), TrustedRoot.parse, source, at)
        return self._parse("root", _read(folder / text, MAX_ROOT, source, at), TrustedRoot.parse, source, at)

    def _parse(self, kind: str, text: bytes, parse: Callable[[bytes], T], source: str, at: str) -> T:
        try:
            return self._once(kind, text, lambda: parse(text))
        except ValueError as error:
            raise _wrong(source, at, str(error)) from None

    def _once(self, kind: str, text: bytes, parse: Callable[[], T]) -> T:
        name = (kind, hashlib.sha256(text).digest())
        if name in self._parsed:
            self._parsed.move_to_end(name)
            kept: T = self._parsed[name]
            return kept
        found = self._parsed[name] = parse()
        while len(self._parsed) > _KEPT:
            self._parsed.popitem(last=False)
        return found


def _public_good() -> bytes:
    """Whom the public instance of Sigstore is made of, as of this version: its logs, authorities and time stampers, by their keys."""
    from importlib.resources import files

    return files("perry_ffi.trust").joinpath("public_good.json").read_bytes()


def _needs_root(demand: VerifyDemand) -> bool:
    return bool(demand.identities or demand.require_transparency_log or demand.require_timestamp)


def _identity(one: VerifyIdentity) -> Identity:
    from perry_ffi.trust.identity import Identity

    return Identity(
        issuer=one.issuer,
        issuer_pattern=re.compile(one.issuer_reg_exp) if one.issuer_reg_exp else None,
        subject=one.subject,
        subject_pattern=re.compile(one.subject_reg_exp) if one.subject_reg_exp else None,
    )


def _read(path: Path, most: int, source: str, at: str) -> bytes:
    try:
        with open_file(str(path)) as file:
            text = file.read(most + 1)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "it cannot be read"
        raise ValidationError(
            f"{source if source == at else f'{source}: {at}'}: {path}: {why}",
            path=at, file=str(path), expected="a file that can be read",
        ) from None  # fmt: skip
    if len(text) > most:
        raise ValidationError(f"{path}: larger than {most} bytes", path=at, file=str(path), expected="a smaller file")
    return text


def _wrong(source: str, at: str, expected: str) -> ValidationError:
    return ValidationError(f"{source}: {at}: {expected}", path=at, file=source, expected=expected)


def _in_file(error: ValidationError, source: str) -> ValidationError:
    return ValidationError(f"{source}: {error.message}", **{**error.details, "file": source})
