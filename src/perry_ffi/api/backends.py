"""Which engine does the work: detection and choice."""

from __future__ import annotations

from contextlib import suppress

from perry_ffi.api.arguments import need, optional, strings
from perry_ffi.api.session import Session
from perry_ffi.errors import BackendNotAvailable, NoBackendFound, ValidationError
from perry_ffi.model.backend import BackendInfo


async def detect(session: Session) -> list[BackendInfo]:
    """A row for each backend of the order in force; the first that answers becomes active, of a named server that one or none.

    Rows that are not available say why: that nothing answers is an answer here, not an error.
    """
    from perry_ffi.backends.detect import detect as probe

    rows = await probe(session.settings, session.order)
    if any(row.available for row in rows):
        with suppress(BackendNotAvailable, NoBackendFound):
            await session.find()
    return rows


async def available(session: Session) -> list[BackendInfo]:
    from perry_ffi.backends.detect import KNOWN
    from perry_ffi.backends.detect import detect as probe

    return await probe(session.settings, KNOWN)


async def set_one(session: Session, name: str | None) -> BackendInfo:
    backend = await session.use([need(name, "name")], as_order=False)
    return await backend.info()


async def set_order(session: Session, names: bytes | None) -> BackendInfo:
    wanted = strings(names, "names")
    if not wanted:
        raise ValidationError("names: it is empty", path="names", expected="at least one name of a backend")
    backend = await session.use(wanted, as_order=True)
    return (await backend.info()).model_copy(update={"warning": session.warning})


def select_for(session: Session, spec: bytes | None, mode: str | None) -> str | None:
    """The first backend of the order that can honour the spec by what it declares; probes nothing.

    spec: a ContainerSpec or a ComposeSpec.
    """
    from perry_ffi.backends.capabilities import select_backend_for
    from perry_ffi.model.jsontext import load

    document = load(spec, "spec") if spec is not None else None
    if not isinstance(document, dict):
        raise ValidationError("spec: expected an object", path="spec", expected="an object")
    return select_backend_for(document, optional(mode, "mode"), session.order)
