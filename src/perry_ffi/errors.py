"""The error family: one class for each kind that a caller may be told.

An error has a stable numeric ``code``, a ``kind`` (the class), a one-line
``message`` and ``details``: evidence such as the engine's status, an exit
code, the path inside a document, the remedy. Nothing else becomes a rejection:
``from_unexpected`` turns any foreign exception into an ``InternalError``.

This module imports next to nothing of the project, so every room may raise its errors.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from perry_ffi.advice import Advice

MAX_MESSAGE = 4000
"""Characters of the longest message; details keep what is left out of one, where it is evidence."""


_PASSWORD = re.compile(r"(:/{1,2}[^\s/@:]*:)[^\s/@]+@")
"""Of a URL, also where it was taken for a path."""


def _without_passwords(value: Any) -> Any:
    if isinstance(value, Advice):
        return value.map(_without_passwords)
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1***@", value) if "@" in value else value
    if isinstance(value, list):
        return [_without_passwords(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_passwords(item) for name, item in value.items()}
    return value


def one_line(text: str) -> str:
    """``text`` as one printable line of a bounded length, without passwords of URLs: what would steer a terminal is escaped."""
    if isinstance(text, Advice):
        return text.map(one_line)
    if len(text) > MAX_MESSAGE:
        half = MAX_MESSAGE // 2
        text = f"{text[:half]} ... {text[-half:]}"
    text = _without_passwords(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class ContainerError(Exception):
    """Base of the family.

    ``message`` says where before what, on one line, and is free of secrets. ``details`` are
    JSON values; a ``None`` among them is left out of the encoded form.
    """

    code: ClassVar[int] = 500
    kind: ClassVar[str] = "ContainerError"

    def __init__(self, message: str, **details: Any) -> None:
        self.message = one_line(message)
        super().__init__(self.message)
        self.details = {name: _without_passwords(value) for name, value in details.items() if value is not None}

    def to_dict(self) -> dict[str, Any]:
        """What a caller is told: an object of code, kind, message, then the details."""
        reserved = {"code": self.code, "kind": self.kind, "message": self.message}
        return {**reserved, **{k: v for k, v in self.details.items() if k not in reserved}}


class ValidationError(ContainerError):
    """Unreadable input: details ``path`` (inside the document), ``file``, ``line``, ``column``, ``expected``."""

    code = 400
    kind = "ValidationError"


class VerificationFailed(ContainerError):
    """A signature is missing or wrong, or policy forbids the request."""

    code = 403
    kind = "VerificationFailed"


class NotFound(ContainerError):
    """No such container, image, network, volume, service, file or handle. Nothing else is ever a NotFound."""

    code = 404
    kind = "NotFound"


class Conflict(ContainerError):
    """A name in use, an object that already exists, or a state that forbids the request."""

    code = 409
    kind = "Conflict"


class DependencyCycle(ContainerError):
    """Services that wait for each other: details ``cycle``, the names in order, the first repeated last."""

    code = 422
    kind = "DependencyCycle"


class Cancelled(ContainerError):
    """The host cancelled the request, or the library shut down while it was pending."""

    code = 499
    kind = "Cancelled"


class BackendError(ContainerError):
    """The engine failed: details ``backend``, ``status`` (HTTP) or ``exitCode``, ``output``, ``operation``."""

    code = 500
    kind = "BackendError"


class ServiceStartupFailed(ContainerError):
    """A service did not come up: details ``service``, ``reason``, ``exitCode``, ``logs`` (last lines), ``condition`` and
    ``waitedBy`` (who waits for what), ``probe`` (``test``, ``exitCode``, ``output`` of the last one that failed).
    """

    code = 500
    kind = "ServiceStartupFailed"


class InternalError(ContainerError):
    """A defect of this library: details ``type`` and ``where``. Please report it."""

    code = 500
    kind = "InternalError"


class Unsupported(ContainerError):
    """This backend, or this version of the library, cannot do it: details ``member``, ``backend``, ``operation``."""

    code = 501
    kind = "Unsupported"


class NoBackendFound(ContainerError):
    """No engine answered: details ``probes``, one ``{name, reason, remedy}`` for each that was tried."""

    code = 503
    kind = "NoBackendFound"


class BackendNotAvailable(ContainerError):
    """The engine that was asked for does not answer: details ``backend``, ``reason``, ``remedy``, ``probes``."""

    code = 503
    kind = "BackendNotAvailable"


class RegistryNotAvailable(ContainerError):
    """A registry could not be asked, which is no verdict on an image: details ``host``, ``status`` (HTTP), ``reason`` (unreachable,
    tls, silent, cut, protocol, unreadable, encoding, redirect, proxy, unauthorized, denied, limited, failing), ``image``, ``remedy``.
    """

    code = 503
    kind = "RegistryNotAvailable"


class Timeout(ContainerError):
    """A wait ended at its bound: details ``waitedFor`` and ``seconds``, and of a service the evidence of ServiceStartupFailed."""

    code = 504
    kind = "Timeout"


KINDS: tuple[type[ContainerError], ...] = (
    ValidationError, VerificationFailed, NotFound, Conflict, DependencyCycle, Cancelled,
    BackendError, ServiceStartupFailed, InternalError, Unsupported,
    NoBackendFound, BackendNotAvailable, RegistryNotAvailable, Timeout,
)  # fmt: skip


def from_unexpected(error: BaseException) -> ContainerError:
    """The typed error for any exception: itself if it is one of ours, else an ``InternalError`` with its origin."""
    if isinstance(error, ContainerError):
        return error
    if isinstance(error, BaseExceptionGroup):
        ours = error.subgroup(ContainerError)
        return _first(ours if ours is not None else error)
    where, trace = None, error.__traceback__
    while trace is not None:
        where = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return InternalError(
        f"unexpected {type(error).__name__} inside the library; please report it",
        type=type(error).__name__,
        where=where,
    )


def _first(error: BaseException) -> ContainerError:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return from_unexpected(error)
