"""Plans of ``up`` that are kept: made, written to files, read again, and carried out as they are or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict, NotFound, ValidationError
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.service.neighbours import in_the_way
from perry_ffi.service.pulls import ask, moved, pulled, told

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.saved_plan import PlanRequest, SavedPlan
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.options import Up
    from perry_ffi.stack.promise import Promise

MAX_BYTES = 16 * 1024 * 1024
"""A plan of a thousand containers takes less than one of these."""


async def make(client: Client, project: Project, options: Up, request: PlanRequest) -> tuple[Plan, SavedPlan]:
    """What ``up`` would do, and the same as a document that ``apply`` takes. Changes nothing. request: how the project was read.

    Registries are asked what the tags of images name that would be pulled; one that does not tell is noted.
    """
    from perry_ffi.model.saved_plan import PlanEngine, PlannedStep, SavedPlan
    from perry_ffi.stack.up import promised

    context = await stack_context(client)
    plan, promise = await promised(context, project, options)
    pulls = await ask(client.settings, pulled(plan))
    plan = told(plan, pulls)
    steps = [PlannedStep(**row) for row in promise.steps]
    obstacles = await in_the_way(context.backend, project, steps)
    plan = replace(plan, notes=(*plan.notes, *obstacles))
    return plan, SavedPlan(
        project=project.name,
        engine=PlanEngine(name=context.backend.name, identity=context.engine, address=context.backend.address),
        request=request,
        options={name: value for name, value in asdict(options).items() if value is not None},
        model=dict(promise.model),
        observed=dict(promise.observed),
        steps=steps,
        pulls=pulls,
        obstacles=obstacles,
        notes=[str(note) for note in plan.notes],
    )


async def apply(client: Client, saved: SavedPlan, project: Project) -> Plan:
    """Does exactly what ``saved`` says; Conflict, and nothing is touched, where it is not the plan that would be made now.

    project: as its files are now. What was made of the images is known once they are there: what turns out to be the same
    is not made anew, and a step that the plan does not have is none that is done.
    """
    from perry_ffi.stack.up import up

    context = await stack_context(client)
    promise = _promise(saved, project, context.engine, context.backend.name)
    await _hold_pulls(client, saved)
    await _hold_neighbours(context.backend, saved, project)
    return await up(context, project, options_of(saved), promise)


async def check(client: Client, saved: SavedPlan, project: Project) -> Plan:
    """The plan, if ``apply`` would carry it out; raises what that would raise before it touches anything. Only reads."""
    from perry_ffi.stack.up import promised

    context = await stack_context(client)
    promise = _promise(saved, project, context.engine, context.backend.name)
    plan, now = await promised(context, project, options_of(saved))
    promise.hold(now)
    await _hold_pulls(client, saved)
    await _hold_neighbours(context.backend, saved, project)
    return told(plan, saved.pulls)


async def _hold_pulls(client: Client, saved: SavedPlan) -> None:
    """Raises Conflict where a registry has another image by now. One that does not tell is believed: what is pulled is looked at, too."""
    from perry_ffi.stack.promise import stale

    if changes := moved(saved.pulls, await ask(client.settings, [row.image for row in saved.pulls if row.digest])):
        raise stale(changes)


async def _hold_neighbours(backend: Backend, saved: SavedPlan, project: Project) -> None:
    """Raises Conflict where somebody else has by now what the steps want, and had it not when they were planned."""
    from perry_ffi.stack.promise import stale

    if changes := [row for row in await in_the_way(backend, project, saved.steps) if row not in saved.obstacles]:
        raise stale(changes)


def hold_files(saved: SavedPlan, env: Mapping[str, str]) -> None:
    """Raises Conflict where files that the plan was made of are gone, or where others are found now. env: of this process."""
    from perry_ffi.compose import found_files
    from perry_ffi.compose.paths import is_remote
    from perry_ffi.stack.promise import stale

    asked = saved.request
    there = [os.path.join(asked.working_directory, name) for name in (*asked.files, *asked.env_files) if not is_remote(name)]
    if gone := [name for name in there if not os.path.exists(name)]:
        raise stale([f"{name} is not there any more" for name in gone])
    if not asked.found:
        return
    now = found_files(
        project_directory=asked.project_directory, env_files=asked.env_files, working_directory=asked.working_directory,
        env={name: value for name, value in env.items() if name != "COMPOSE_FILE"},
    )  # fmt: skip
    if changes := [f"{name} is read now" for name in now if name not in asked.files]:
        raise stale(changes)


def options_of(saved: SavedPlan) -> Up:
    """Raises ValidationError for options that are none of ``up``, and for those that contradict each other."""
    from perry_ffi.stack.options import Up

    known = [field.name for field in fields(Up)]
    found: dict[str, Any] = {}
    for name, value in saved.options.items():
        if name not in known:
            raise _broken(f"options.{name}", "an option of up")
        expected, right = _KINDS.get(name) or _FLAG
        if not right(value):
            raise _broken(f"options.{name}", expected)
        found[name] = tuple(value) if name == "services" else value
    return Up(**found)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, str) for row in value)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scale(value: Any) -> bool:
    return isinstance(value, dict) and all(type(number) is int for number in value.values())


_Kind = tuple[str, Callable[[Any], bool]]
_FLAG: _Kind = ("true or false", lambda value: isinstance(value, bool))
_KINDS: dict[str, _Kind] = {
    "services": ("a list of texts", _is_texts),
    "pull": ("text", lambda value: isinstance(value, str)),
    "scale": ("an object of numbers", _is_scale),
    "wait_timeout": ("seconds", _is_seconds),
    "timeout": ("seconds", _is_seconds),
}
"""What those options are that are no flags."""


def _promise(saved: SavedPlan, project: Project, engine: str, name: str) -> Promise:
    from perry_ffi.stack.promise import Promise

    if saved.project != project.name:
        raise Conflict(
            f"the plan is of the project {saved.project}, and its files make the project {project.name} now",
            project=saved.project, changes=[f"the project is called {project.name}"],
        )  # fmt: skip
    if saved.engine.identity != engine:
        raise Conflict(
            f"project {saved.project}: the plan was made on {saved.engine.identity}, and {engine} is used now", project=saved.project,
            backend=name, planned=saved.engine.name, changes=["another engine is used"],
            remedy=Advice("{} names the engine of the plan; or make one on this engine", Option("engine", saved.engine.name)),
        )  # fmt: skip
    steps = [step.model_dump(exclude_none=True) for step in saved.steps]
    return Promise(engine, saved.model, saved.observed, steps, {row.image: row.digest for row in saved.pulls if row.digest})


# -- files ------------------------------------------------------------------------------------------


def write(saved: SavedPlan, path: str) -> None:
    """Writes the document, whole or not at all; nobody else may read it. Raises ValidationError where it cannot be written."""
    text = json.dumps(saved.model_dump(by_alias=True, exclude_none=True), indent=2) + "\n"
    new = f"{path}.{os.getpid()}.new"
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(new)
        raise ValidationError(f"{path}: the plan cannot be written: {error.strerror}", file=path) from None


def read(path: str) -> SavedPlan:
    """Raises NotFound where there is no such file, ValidationError for one that is no plan of this version."""
    from perry_ffi.model.base import validate
    from perry_ffi.model.jsontext import load
    from perry_ffi.model.saved_plan import KIND, VERSION, SavedPlan

    value = load(_bytes(path), path)
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise ValidationError(f"{path}: this is no plan of perry-compose", file=path, expected=f'an object with "kind": "{KIND}"')
    version: Any = value.get("version")
    if version != VERSION:
        raise ValidationError(
            f"{path}: a plan of version {version!r}, and this program knows version {VERSION}", file=path,
            expected=f"version {VERSION}", remedy="make it anew with this program",
        )  # fmt: skip
    saved = validate(SavedPlan, value, path)
    options_of(saved)
    return saved


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            found = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file", file=path) from None
    except OSError as error:
        raise ValidationError(f"{path}: the plan cannot be read: {error.strerror}", file=path) from None
    if len(found) > MAX_BYTES:
        raise ValidationError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB, and no plan", file=path, expected="a plan")
    return found


def _broken(path: str, expected: str) -> ValidationError:
    return ValidationError(f"the plan is broken: {path}: expected {expected}", path=path, expected=expected)
