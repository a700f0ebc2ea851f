"""``cp``: files of this machine into containers, and of a container to this machine, by docker's rules of which name they get.

- The destination is a directory that is there: what is copied goes into it, by its name; with ``/.`` behind the source its contents do.
- It is not there: its parent has to be, and what is copied gets its name.
- It is a file: a file takes its place, a directory does not.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.interaction import Found
    from perry_ffi.backends.contract.stream import Stream
    from perry_ffi.stack.inside import Wanted

_LINKS = 40
"""How many links a path may lead through."""


async def copy_in(
    client: Client, project: str, wanted: Wanted, source: str, path: str, *, follow: bool = False, own: bool = False
) -> list[str]:
    """Copies ``source`` of this machine to ``path`` of every container that is wanted; their names. Raises ContainerError."""
    from perry_ffi.service.pack import packed
    from perry_ffi.stack.inside import containers_of, engine_with

    context = await stack_context(client)
    names = []
    for row in await containers_of(context, project, wanted):
        there, contents = _source(source, follow)
        is_folder = os.path.isdir(there) and not os.path.islink(there)
        backend = await engine_with(context, row)
        directory, name = await _place_inside(backend, row.id, path, source, is_folder=is_folder, contents=contents)
        await backend.copy_into(row.id, directory, packed(there, name), own=own)
        names.append(row.name)
    return names


async def copy_tar_in(
    client: Client, project: str, wanted: Wanted, tar: AsyncIterator[bytes], path: str, *, own: bool = False
) -> str:
    """Unpacks a tar file in a directory of the container that is wanted; its name."""
    from perry_ffi.stack.inside import container_of, engine_with

    context = await stack_context(client)
    row = await container_of(context, project, wanted)
    backend = await engine_with(context, row)
    found = await _resolved(backend, row.id, path)
    if found is None or found[1].kind != "directory":
        raise NotFound(
            f"{path}: a tar file is unpacked in a directory, and there is none of this name in {row.name}", subject=path
        )
    await backend.copy_into(row.id, found[0], tar, own=own)
    return row.name


async def copy_out(
    client: Client, project: str, wanted: Wanted, path: str, target: str, *, follow: bool = False, owners: bool = False
) -> list[str]:
    """Copies ``path`` of the container that is wanted to ``target`` on this machine. What was left out. Raises ContainerError."""
    from perry_ffi.service.pack import read_by
    from perry_ffi.service.unpack import unpack

    stream, found = await open_out(client, project, wanted, path, follow=follow)
    try:
        folder, name = _place_here(target, path, is_folder=found.kind == "directory")
    except BaseException:
        await stream.aclose()
        raise
    left: list[str] = await read_by(stream, lambda source: unpack(source, folder, name, owners=owners))
    return left


async def open_out(
    client: Client, project: str, wanted: Wanted, path: str, *, follow: bool = False
) -> tuple[Stream[bytes], Found]:
    """What is at ``path`` as a tar file, and what it is. Whoever asked closes it."""
    from perry_ffi.stack.inside import container_of, engine_with

    context = await stack_context(client)
    row = await container_of(context, project, wanted)
    backend = await engine_with(context, row)
    if follow or path.endswith("/") or _is_contents(path):
        there = await _resolved(backend, row.id, path)
        if there is None:
            raise NotFound(f"{path}: there is nothing of this name in {row.name}", subject=path)
        where, found = there
    else:
        where, found = path, await backend.path_in_container(row.id, path)
    if found.kind != "directory" and (path.endswith("/") or _is_contents(path)):
        raise ValidationError(f"{path}: it is no directory in {row.name}", path=path, expected="a directory")
    return await backend.get_archive(row.id, where), found


# -- which name it gets -----------------------------------------------------------------------------


def _is_contents(path: str) -> bool:
    """Whether the contents of a directory are meant, and not itself."""
    return path == "." or path.endswith("/.")


def _base(path: str) -> str:
    """The last name of a path; empty for the root."""
    return posixpath.basename(posixpath.normpath(path.replace(os.sep, "/"))).strip("/")


def _whole(path: str) -> str:
    """From the container's root, without detours."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")


def _source(source: str, follow: bool) -> tuple[str, bool]:
    """The path on this machine, and whether its contents are meant. Raises NotFound, ValidationError."""
    contents = _is_contents(source)
    there = source.rstrip("/") or "/"
    if contents or source.endswith("/") or follow:
        there = os.path.realpath(source)
    if not os.path.lexists(there):
        raise NotFound(f"{source}: there is no such file or directory", file=source)
    if (contents or source.endswith("/")) and not os.path.isdir(there):
        raise ValidationError(f"{source}: it is no directory", file=source, expected="a directory")
    if os.path.islink(there):
        return there, False
    return there, contents


async def _place_inside(
    backend: Backend, ident: str, path: str, source: str, *, is_folder: bool, contents: bool
) -> tuple[str, str | None]:
    """The directory in the container, and the name that the source gets there; ``None`` where only its contents go."""
    found = await _resolved(backend, ident, path)
    if found is not None:
        where, what = found
        if what.kind == "directory":
            return where, None if contents else _base(os.path.abspath(source)) or None
        if is_folder:
            raise ValidationError(
                f"{path}: it is a file, and a directory does not take its place", path=path, expected="a directory"
            )
        if path.endswith("/"):
            raise ValidationError(f"{path}: it is no directory", path=path, expected="a directory")
        return posixpath.dirname(where) or "/", posixpath.basename(where)
    if path.endswith("/") and not is_folder:
        raise NotFound(f"{path}: there is no such directory", subject=path)
    whole = _whole(path)
    return posixpath.dirname(whole), posixpath.basename(whole)


async def _resolved(backend: Backend, ident: str, path: str) -> tuple[str, Found] | None:
    """Where a path leads in the end, and what is there; None where there is nothing. Raises ValidationError for a circle."""
    where = _whole(path)
    for _ in range(_LINKS):
        try:
            found = await backend.path_in_container(ident, where)
        except NotFound as error:
            if error.details.get("subject") == ident:
                raise
            return None
        if found.kind != "link":
            return where, found
        target = found.target or ""
        where = _whole(posixpath.join(posixpath.dirname(where), target))
    raise ValidationError(f"{path}: it leads through more than {_LINKS} links", path=path)


def _place_here(target: str, path: str, *, is_folder: bool) -> tuple[str, str | None]:
    """The folder on this machine, and the name that the source gets there; ``None`` where only its contents come."""
    if os.path.isdir(target):
        name = _base(path)
        return os.path.realpath(target), None if _is_contents(path) or not name else name
    if os.path.lexists(target):
        whole = os.path.realpath(target)
        if is_folder or target.endswith("/"):
            raise ValidationError(f"{target}: it is a file, and a directory does not take its place", file=target)
        return os.path.dirname(whole), os.path.basename(whole)
    if target.endswith("/") and not is_folder:
        raise NotFound(f"{target}: there is no such directory", file=target)
    whole = os.path.abspath(target)
    parent = os.path.realpath(os.path.dirname(whole))
    if not os.path.isdir(parent):
        raise NotFound(f"{os.path.dirname(whole)}: there is no such directory", file=target)
    return parent, os.path.basename(whole)
