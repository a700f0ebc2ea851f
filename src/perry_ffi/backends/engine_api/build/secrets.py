"""The secrets and ssh agents of a build, as they are at the moment it begins. Reads files; blocking.

Contents stand in no error. An error says where the secret is named.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.files import open_file

MAX_SECRET = 500 * 1024
"""Docker's own bound."""


def read_secrets(wanted: Sequence[BuildSecret], environ: Mapping[str, str]) -> dict[str, bytes]:
    """Contents by id. Raises NotFound for a missing file, ValidationError for what cannot be had or is given twice."""
    found: dict[str, bytes] = {}
    for index, secret in enumerate(wanted):
        where = secret.where or f"BuildSpec.secrets[{index}]"
        if secret.id in found:
            raise ValidationError(f"{where}: the id {secret.id} is taken already", path=where, expected="one secret of each id")
        content = _content(secret, environ, where)
        if len(content) > MAX_SECRET:
            raise ValidationError(f"{where}: the secret is larger than {MAX_SECRET} bytes", path=where)
        found[secret.id] = content
    return found


def _content(secret: BuildSecret, environ: Mapping[str, str], where: str) -> bytes:
    if secret.content is not None:
        return secret.content
    if secret.environment:
        if secret.environment not in environ:
            raise ValidationError(
                f"{where}: the variable {secret.environment} is not set", path=where, expected="a variable that is set",
                remedy="set it, or name a file",
            )  # fmt: skip
        return environ[secret.environment].encode("utf-8", "surrogateescape")
    try:
        with open_file(secret.file) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(MAX_SECRET + 1)
    except FileNotFoundError:
        raise NotFound(f"{where}: there is no file {secret.file}", path=where, file=secret.file) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "it cannot be read"
        raise ValidationError(
            f"{where}: {secret.file}: {words}", path=where, file=secret.file, expected="a readable file"
        ) from None
    raise ValidationError(f"{where}: {secret.file}: no regular file", path=where, file=secret.file, expected="a file")


def agent_sockets(wanted: Sequence[BuildAgent], own: str | None) -> dict[str, str]:
    """The sockets of ssh agents by id. own: of the user's agent.

    Raises NotFound where no socket is there, Unsupported for a private key: only an agent signs without giving it away.
    """
    found: dict[str, str] = {}
    for index, agent in enumerate(wanted):
        where = agent.where or f"BuildSpec.ssh[{index}]"
        path = agent.socket or own
        if not path:
            raise ValidationError(
                f"{where}: there is no ssh agent: SSH_AUTH_SOCK is not set", path=where, expected="the socket of an agent",
                remedy=f"start ssh-agent, or write {agent.id}=/path/of/its/socket",
            )  # fmt: skip
        found[agent.id] = path
        if (failed := _no_socket(path, where)) is not None:
            raise failed
    return found


def _no_socket(path: str, where: str) -> ContainerError | None:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return NotFound(f"{where}: there is no ssh agent at {path}", path=where, file=path)
    if stat.S_ISSOCK(mode):
        return None
    reason = "only the socket of an ssh agent is forwarded, no private key"
    return Unsupported(
        f"{where}: {path} is no socket: {reason}", member=where, path=where, file=path, reason=reason,
        remedy="load the key into ssh-agent, and name the agent's socket",
    )  # fmt: skip
