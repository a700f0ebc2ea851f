"""Secrets and ssh agents of a build, from the project's declarations. Pure: files are read when the build begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from perry_ffi.errors import ValidationError
from perry_ffi.model import values
from perry_ffi.model.build_values import BuildAgent, BuildSecret, build_agent, build_secret, secret_id
from perry_ffi.stack.translate.document import entries, mapping, shown, unsupported, wrong


def secrets_of(
    project: Mapping[str, Any], build: Mapping[str, Any], where: str, contents: Mapping[str, str]
) -> list[BuildSecret]:
    """The secrets that ``build.secrets`` grants, each under its ``target`` (default: its name) as id.

    contents: what variables hold of those that take one, by path. Raises ValidationError that names the grant, Unsupported
    for a secret that only a swarm has.
    """
    items = entries(build.get("secrets"), f"{where}.secrets")
    return [_secret(project, item, f"{where}.secrets[{index}]", contents) for index, item in enumerate(items)]


def agents_of(build: Mapping[str, Any], where: str) -> list[BuildAgent]:
    """The ssh agents of ``build.ssh``."""
    found = []
    for index, item in enumerate(entries(build.get("ssh"), f"{where}.ssh")):
        at = f"{where}.ssh[{index}]"
        found.append(replace(values.within(at, build_agent, item), where=at))
    return found


def _secret(project: Mapping[str, Any], item: Any, where: str, contents: Mapping[str, str]) -> BuildSecret:
    use = {"source": item} if isinstance(item, str) else mapping(item, where)
    key = values.within(f"{where}.source", values.word, use.get("source"))
    declared = mapping(project.get("secrets"), "secrets")
    if key not in declared:
        wrong(f"{where}.source", "a declaration under secrets")
    source = mapping(declared[key], f"secrets.{key}")
    for member in ("external", "driver", "driver_opts", "template_driver"):
        if source.get(member):
            unsupported(where, f"secrets.{key}.{member}: only a swarm has it")
    ident = values.within(f"{where}.{'target' if use.get('target') else 'source'}", secret_id, use.get("target") or key)
    given = {"id": ident, **_content(source, key, where, contents)}
    return replace(values.within(where, build_secret, given), where=where)


def _content(source: Mapping[str, Any], key: str, where: str, contents: Mapping[str, str]) -> dict[str, Any]:
    content, file, variable = source.get("content"), source.get("file"), source.get("environment")
    if content is None and isinstance(variable, str) and variable:
        if f"secrets.{key}" not in contents:
            raise ValidationError(
                f"{where}: secrets.{key}.environment: the variable {shown(variable)} is not set", path=where,
                expected="a variable that is set", remedy="set it, or declare a file",
            )  # fmt: skip
        content = contents[f"secrets.{key}"]
    if content is not None:
        return {"content": content}
    if not file:
        wrong(where, f"a file, a content or a variable in secrets.{key}")
    return {"file": values.within(f"secrets.{key}.file", values.absolute, file)}
