"""Loading a project: the list of passes, from files or from a document in memory.

discover → read → interpolate → extends → include → merge → schema → canonical
(each file in turn, see ``passes``) → defaults → checks → paths → normalize →
model → profiles → consistency → environment → unused resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.compose.advice import advise
from perry_ffi.compose.consistency import check_consistency, check_container_names
from perry_ffi.compose.discover import Sources, discover, discover_document, name_of_files, normalize_name, project_name
from perry_ffi.compose.environment import label_files, resolve_services
from perry_ffi.compose.fault import fault
from perry_ffi.compose.fields import to_model
from perry_ffi.compose.load_state import LoadOptions, LoadState
from perry_ffi.compose.normalize import normalize
from perry_ffi.compose.passes import Files
from perry_ffi.compose.profiles import split
from perry_ffi.compose.project import Project
from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.model.bounds import MAX_DEPTH

if TYPE_CHECKING:
    from pathlib import Path  # costs more to import than the whole of a small load

MEMORY = "<document>"
ALL_PASSES = LoadOptions()


def load(
    files: Sequence[str | Path] | None = None,
    *,
    project_directory: str | Path | None = None,
    project_name: str | None = None,
    profiles: Sequence[str] | None = None,
    env_files: Sequence[str | Path] = (),
    env: Mapping[str, str],
    stdin: Callable[[], str | bytes] | None = None,
    working_directory: str | Path,
    options: LoadOptions = ALL_PASSES,
    services: Sequence[str] = (),
) -> Project:
    """The project of some Compose files.

    ``files``: paths in the order in which they override, ``-`` for what ``stdin`` returns; None or empty to
    discover them from ``working_directory`` (absolute), as COMPOSE_FILE or the default names.
    ``project_directory``: the folder of relative paths, by default that of the first file.
    ``project_name``: by default COMPOSE_PROJECT_NAME, ``name`` of the files, or the folder's name.
    ``profiles``: profiles to enable, by default COMPOSE_PROFILES; ``*`` enables all.
    ``env_files``: instead of the folder's ``.env``. ``env``: the variables, which win over every file.
    ``options``: passes to leave out. ``services``: only these services (their profiles are enabled) and what they
    depend on; by default all.

    Returns the project; warnings are members of it and nothing is printed. Raises ValidationError (with ``file``,
    ``line``, ``column``, ``path``, ``expected`` where known), NotFound, DependencyCycle and Unsupported.
    """
    state = LoadState(options, stdin)
    sources = _sources(files, project_directory, env_files, env, working_directory, state)
    return _load(state, sources, project_name, profiles, services)


def load_document(
    spec: dict[str, Any],
    *,
    project_directory: str | Path | None = None,
    project_name: str | None = None,
    profiles: Sequence[str] | None = None,
    env_files: Sequence[str | Path] = (),
    env: Mapping[str, str],
    working_directory: str | Path,
    options: LoadOptions = ALL_PASSES,
    services: Sequence[str] = (),
) -> Project:
    """The project of a Compose document that is already a tree of JSON values. Arguments and errors as for ``load``.

    But the document's own ``name`` wins over COMPOSE_PROJECT_NAME, and no env file is read that nobody asked for: only those
    of ``env_files``, or else the ``.env`` of a ``project_directory`` that is given. Without one, relative paths are those of
    the working directory.
    """
    state = LoadState(options)
    state.adopt(MEMORY, _plain(spec, "", 0, state))
    folder = str(project_directory) if project_directory else None
    names = [str(file) for file in env_files]
    sources = discover_document(MEMORY, folder, names, env, str(working_directory), state)
    return _load(state, sources, project_name, profiles, services)


def load_tree(
    files: Sequence[str | Path] | None = None,
    *,
    project_directory: str | Path | None = None,
    project_name: str | None = None,
    env_files: Sequence[str | Path] = (),
    env: Mapping[str, str],
    stdin: Callable[[], str | bytes] | None = None,
    working_directory: str | Path,
    options: LoadOptions = ALL_PASSES,
    looked: dict[str, None] | None = None,
) -> dict[str, Any]:
    """The canonical tree before it becomes a model: for files whose variables are not substituted.

    looked: takes every path that the tree follows from, also where nothing was there. Raises as ``load``.
    """
    state = LoadState(options, stdin, looked)
    sources = _sources(files, project_directory, env_files, env, working_directory, state)
    return _tree(state, sources, project_name)[0]


def found_files(
    *,
    project_directory: str | Path | None = None,
    env_files: Sequence[str | Path] = (),
    env: Mapping[str, str],
    working_directory: str | Path,
) -> list[str]:
    """The Compose files that ``load`` finds where none is named. Raises as ``load``."""
    return _sources(None, project_directory, env_files, env, working_directory, LoadState(ALL_PASSES)).files


def declared_name(
    *,
    project_directory: str | Path | None = None,
    env_files: Sequence[str | Path] = (),
    env: Mapping[str, str],
    working_directory: str | Path,
) -> str | None:
    """What the Compose files that are found in a folder call their project: their ``name``; None where they do not say.

    They are parsed and not checked. Raises as ``load``.
    """
    state = LoadState(ALL_PASSES)
    name = name_of_files(_sources(None, project_directory, env_files, env, working_directory, state), state)
    return None if name is None else normalize_name(name)


def _sources(
    files: Iterable[str | Path] | None,
    project_directory: str | Path | None,
    env_files: Sequence[str | Path],
    env: Mapping[str, str],
    working_directory: str | Path,
    state: LoadState,
) -> Sources:
    folder = str(project_directory) if project_directory else None
    names = [str(file) for file in files or ()]
    return discover(names, folder, [str(file) for file in env_files], env, str(working_directory), state)


def _tree(state: LoadState, sources: Sources, named: str | None) -> tuple[dict[str, Any], str]:
    """The canonical tree, normalized if that is asked for, and the project's name."""
    name = project_name(named, sources, state)
    sources.env["COMPOSE_PROJECT_NAME"] = name
    tree = Files(state, sources.files, sources.folder, sources.folder, sources.env).load()
    if not tree:
        raise ValidationError(f"{sources.files[0]}: the Compose file is empty", file=sources.files[0])
    if state.options.normalize:
        tree["name"] = name
        normalize(tree, name, sources.env)
    return tree, name


def _load(
    state: LoadState,
    sources: Sources,
    named: str | None,
    profiles: Sequence[str] | None,
    services: Sequence[str],
) -> Project:
    tree, name = _tree(state, sources, named)
    try:
        project = _project(state, sources, name, to_model(tree), profiles, services)
    except ContainerError as error:
        raise state.locate(error, sources.files) from None
    files = {f"{section}.{key}": row for section in ("configs", "secrets") for key, row in getattr(project, section).items()}
    for path, what in advise(project.services, files):
        state.warn("meaning", f"{path}: {what}")
    for missing in state.missing:
        state.warn("unset", f"the variable {missing} is not set; an empty text stands for it")
    return project.replace(warnings=list(state.warnings))


def _project(
    state: LoadState,
    sources: Sources,
    name: str,
    model: dict[str, Any],
    profiles: Sequence[str] | None,
    services: Sequence[str],
) -> Project:
    if not profiles:
        profiles = [profile.strip() for profile in sources.env.get("COMPOSE_PROFILES", "").split(",")]
    enabled, disabled = split(model["services"], profiles)
    if state.options.check_consistency:
        check_consistency(model, enabled, disabled)
    enabled = resolve_services(enabled, sources.env, state)
    if services:
        profiles = [*profiles, *(p for key in services for p in disabled.get(key, {}).get("profiles", ()))]
        added, disabled = split(disabled, profiles)
        enabled = dict(sorted({**enabled, **resolve_services(added, sources.env, state)}.items()))
    project = Project(
        name=name, services=enabled, disabled_services=disabled, networks=model["networks"],
        volumes=model["volumes"], configs=model["configs"], secrets=model["secrets"], models=model["models"],
        extensions=model["extensions"], working_dir=sources.folder, files=sources.files,
        profiles=[profile for profile in profiles if profile], environment=sources.env,
        contents=_contents(model, sources.env, state), label_files=label_files(model["services"], state),
    )  # fmt: skip
    project = project.selected(services)
    if state.options.check_consistency:
        check_container_names(project.services)
    return project if state.options.all_resources else project.without_unused()


def _contents(model: dict[str, Any], env: Mapping[str, str], state: LoadState) -> dict[str, str]:
    if not (model["configs"] or model["secrets"]):
        return {}
    from perry_ffi.compose.contents import contents_of

    return contents_of(model, env, state)


def _plain(value: Any, path: str, depth: int, state: LoadState) -> Any:
    """A copy of ``value``, which must be a tree of JSON values. Raises ValidationError."""
    if depth > MAX_DEPTH:
        raise fault(path, f"nested deeper than {MAX_DEPTH} levels and is refused")
    if type(value) is dict:
        state.count_nodes(len(value))
        for key in value:
            if type(key) is not str:
                raise fault(path, f"the key {key!r} is not text", "a string")
        return {key: _plain(item, f"{path}.{key}" if path else key, depth + 1, state) for key, item in value.items()}
    if type(value) in (list, tuple):
        state.count_nodes(len(value))
        return [_plain(item, f"{path}[{index}]", depth + 1, state) for index, item in enumerate(value)]
    if value is None or type(value) in (str, int, float, bool):
        return value
    raise fault(path, f"{type(value).__name__} is not a JSON value", "a JSON value")
