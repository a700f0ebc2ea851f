"""``perry-compose config``: the canonical model of the Compose files, or one aspect of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, Command, Flag, Operand
from perry_ffi.cli.terminal import out, say, standard_input

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypedDict

    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose import LoadOptions, Project

    class Files(TypedDict):
        """Which Compose files, as ``compose.load`` takes it."""

        files: list[str]
        project_directory: str | None
        project_name: str | None
        env_files: list[str]
        env: Mapping[str, str]
        stdin: Callable[[], bytes]
        working_directory: str


class Arguments(table.Arguments):
    """The values of the options of ``config``."""

    service: list[str]
    format: str | None
    quiet: bool
    output: str | None
    hash: str | None
    no_interpolate: bool
    no_normalize: bool
    no_path_resolution: bool
    no_consistency: bool
    no_env_resolution: bool
    resolve_image_digests: bool
    lock_image_digests: bool
    services: bool
    volumes: bool
    networks: bool
    models: bool
    images: bool
    profiles: bool
    variables: bool
    environment: bool


Show = Callable[[Arguments, "Invocation"], str]
"""Gives the text of one aspect of the model."""

_ASPECTS = {
    "services": "names of the services",
    "volumes": "names of the volumes",
    "networks": "names of the networks",
    "models": "the models",
    "images": "images of the services",
    "profiles": "names of the profiles",
    "variables": "variables that the files name, with their defaults",
    "environment": "variables that are used for interpolation",
}

_PASSES = {
    "no-interpolate": ("interpolate", "do not substitute variables"),
    "no-normalize": ("normalize", "do not write out what is implicit"),
    "no-path-resolution": ("resolve_paths", "do not resolve paths"),
    "no-consistency": ("check_consistency", "do not check whether the model is consistent"),
    "no-env-resolution": ("resolve_environment", "do not read the services' env files"),
}


COMMAND = Command(
    "config",
    "check the Compose files and print the model",
    (
        Flag("format", "form of the output (default: yaml)", kind=TEXT, words=("yaml", "json")),
        Flag("quiet", "only check; print nothing", "q"),
        Flag("output", "write to a file", "o", TEXT, value="FILE", completes="files"),
        Flag(
            "hash", "configuration hashes of the named services (comma-separated), or * for all", kind=TEXT, value="SERVICES",
            completes="services",
        ),
        Flag("resolve-image-digests", "images by the digests that their registries have for their tags"),
        Flag("lock-image-digests", "print a file that pins the images by these digests, to be given behind the others"),
        *(Flag(name, text) for name, (_, text) in _PASSES.items()),
        *(Flag(name, f"print {text}, one a line") for name, text in _ASPECTS.items()),
    ),
    (Operand("service", many=True, completes="services"),),
    also=("convert",),
    engine=False,
)  # fmt: skip


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Load the project and print what was asked for; ``--quiet`` is about the model alone. Raises ContainerError."""
    aspect = next((name for name in _ASPECTS if getattr(arguments, name)), None)
    if arguments.hash is not None:
        text = _hashes(arguments, invocation, arguments.hash)
    elif aspect is not None:
        text = _SHOW[aspect](arguments, invocation)
    else:
        text = _model(arguments, invocation)
    if text or not arguments.quiet:
        _write(text, arguments.output)
    return 0


def _write(text: str, output: str | None) -> None:
    if output:
        try:
            with open(output, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        except OSError as error:
            from perry_ffi.errors import ValidationError

            raise ValidationError(f"{output}: cannot be written: {error.strerror}", file=output) from None
        return
    out(text)


def _options(arguments: Arguments, **changes: bool) -> LoadOptions:
    from perry_ffi.compose import LoadOptions

    chosen = {member: not getattr(arguments, name.replace("-", "_")) for name, (member, _) in _PASSES.items()}
    return LoadOptions(all_resources=arguments.all_resources, **{**chosen, **changes})


def _files(arguments: Arguments, invocation: Invocation) -> Files:
    return {
        "files": arguments.file,
        "project_directory": arguments.project_directory,
        "project_name": arguments.project_name,
        "env_files": arguments.env_file,
        "env": invocation.env,
        "stdin": standard_input,
        "working_directory": invocation.working_directory,
    }


def _load(arguments: Arguments, invocation: Invocation, **changes: bool) -> Project:
    from perry_ffi.compose import load

    project = load(
        **_files(arguments, invocation),
        profiles=arguments.profile,
        options=_options(arguments, **changes),
        services=arguments.service,
    )
    for _, message in project.warnings:
        say(f"perry-compose: warning: {message}")
    return project


def _model(arguments: Arguments, invocation: Invocation) -> str:
    as_json = arguments.format == "json"
    if arguments.no_interpolate:
        from perry_ffi.compose import load_tree
        from perry_ffi.compose.render import to_json, to_yaml
        from perry_ffi.compose.tree import null_lists, sorted_tree

        tree = load_tree(**_files(arguments, invocation), options=_options(arguments))
        if _asks_registries(arguments):
            tree["services"] = _with_digests(tree.get("services") or {}, arguments, invocation)
            tree = {"services": tree["services"]} if arguments.lock_image_digests else tree
        if arguments.quiet:
            return ""
        return to_json(null_lists(tree)) if as_json else to_yaml(sorted_tree(tree))
    project = _load(arguments, invocation)
    if arguments.quiet:
        return ""
    from perry_ffi.compose.render import escape_dollars, to_json, to_yaml

    if _asks_registries(arguments):
        services = _with_digests(project.services, arguments, invocation)
        if arguments.lock_image_digests:
            return to_json({"services": services}) if as_json else to_yaml({"services": services})
        project = project.replace(services=services)
    return escape_dollars(to_json(project.to_dict()) if as_json else to_yaml(project.to_spec()))


def _asks_registries(arguments: Arguments) -> bool:
    return not arguments.quiet and (arguments.lock_image_digests or arguments.resolve_image_digests)


def _with_digests(services: Mapping[str, Any], arguments: Arguments, invocation: Invocation) -> dict[str, Any]:
    """The services with their images by digest, where they name one; of a lock nothing but the images."""
    from perry_ffi.cli.engine import without_engine
    from perry_ffi.service.digests import pinned

    named = {name: row["image"] for name, row in services.items() if row.get("image")}
    found = without_engine(pinned(invocation.env, named.values()))
    images = {name: {"image": found[image]} for name, image in named.items()}
    rows: Mapping[str, Any] = {name: {} for name in services} if arguments.lock_image_digests else services
    return {name: {**row, **images.get(name, {})} for name, row in rows.items()}


def _lines(values: Iterable[str]) -> str:
    return "".join(f"{value}\n" for value in values)


def _hashes(arguments: Arguments, invocation: Invocation, wanted: str) -> str:
    from perry_ffi.compose.hashing import service_hash
    from perry_ffi.stack.services import require_services

    arguments.service = []
    project = _load(arguments, invocation, resolve_environment=False)
    names = list(project.services) if wanted == "*" else wanted.split(",")
    require_services(names, project.services)
    return _lines(f"{name} {service_hash(project.services[name])}" for name in sorted(names))


def _services(arguments: Arguments, invocation: Invocation) -> str:
    arguments.service = []
    if arguments.no_interpolate:
        from perry_ffi.compose import load_tree

        tree = load_tree(**_files(arguments, invocation), options=_options(arguments))
        return _lines(sorted(tree.get("services") or ()))
    project = _load(arguments, invocation, resolve_environment=False)
    return _lines(_dependencies_first(project))


def _dependencies_first(project: Project) -> list[str]:
    from perry_ffi.graph import levels

    edges = {
        name: [other for other in row.get("depends_on", ()) if other in project.services]
        for name, row in project.services.items()
    }
    return [name for wave in levels(edges) for name in wave]


def _section(name: str) -> Show:
    def show(arguments: Arguments, invocation: Invocation) -> str:
        arguments.service = []
        return _lines(getattr(_load(arguments, invocation, resolve_environment=False), name))

    return show


def _models(arguments: Arguments, invocation: Invocation) -> str:
    arguments.service = []
    project = _load(arguments, invocation, resolve_environment=False)
    return _lines(row["model"] for row in project.models.values() if row.get("model"))


def _images(arguments: Arguments, invocation: Invocation) -> str:
    project = _load(arguments, invocation, resolve_environment=False)
    return _lines(row.get("image") or f"{project.name}-{name}" for name, row in project.services.items())


def _profiles(arguments: Arguments, invocation: Invocation) -> str:
    project = _load(arguments, invocation, resolve_environment=False)
    rows = [*project.services.values(), *project.disabled_services.values()]
    return _lines(sorted({profile for row in rows for profile in row.get("profiles", ())}))


def _variables(arguments: Arguments, invocation: Invocation) -> str:
    from perry_ffi.compose import load_tree
    from perry_ffi.compose.render import to_json, to_yaml
    from perry_ffi.compose.template import variables

    tree = load_tree(**_files(arguments, invocation), options=_options(arguments, interpolate=False))
    found = dict(sorted(variables(tree).items()))
    if arguments.format == "json":
        return to_json({name: _described(row) for name, row in found.items()}, indent=4) + "\n"
    if arguments.format == "yaml":
        return to_yaml(found)
    head = ("NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE")
    rows = [head] + [
        (name, "true" if row["required"] else "false", row["defaultvalue"], row["presencevalue"]) for name, row in found.items()
    ]
    widths = [max(20, 3 + max(len(row[column]) for row in rows)) for column in range(3)]
    return _lines("".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows)


def _described(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": row["name"],
        "DefaultValue": row["defaultvalue"],
        "PresenceValue": row["presencevalue"],
        "Required": row["required"],
    }


def _environment(arguments: Arguments, invocation: Invocation) -> str:
    project = _load(arguments, invocation)
    return _lines(f"{key}={value}" for key, value in sorted(project.environment.items()))


_SHOW: dict[str, Show] = {
    "services": _services,
    "volumes": _section("volumes"),
    "networks": _section("networks"),
    "models": _models,
    "images": _images,
    "profiles": _profiles,
    "variables": _variables,
    "environment": _environment,
}
