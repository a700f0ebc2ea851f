"""What is built for a service, and under which names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules.build import BUILD
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.errors import ContainerError
from perry_ffi.model import host_values as host
from perry_ffi.model import platform as platforms
from perry_ffi.model import reference, values
from perry_ffi.stack import identity
from perry_ffi.stack.translate.build_secrets import agents_of, secrets_of
from perry_ffi.stack.translate.document import (
    Readers,
    mapping,
    project_name,
    read,
    service_of,
    shown,
    ulimits,
    unquoted,
    unsupported,
    wrong,
)

if TYPE_CHECKING:
    from perry_ffi.backends.contract.capability import Capabilities
    from perry_ffi.model.image import BuildSpec

SERVICE = "service:"
_SPEC = "BuildSpec."
_BUILD: Readers = {
    "dockerfile": ("dockerfile", values.word),
    "dockerfile_inline": ("dockerfile_inline", values.word),
    "target": ("target", values.clean),
    "labels": ("labels", values.labels),
    "network": ("network", lambda value: None if value == "default" else values.clean(value)),
    "no_cache": ("no_cache", values.boolean),
    "pull": ("pull", values.boolean),
    "cache_from": ("cache_from", lambda value: [name for name in values.words(value) if name]),
    "extra_hosts": ("extra_hosts", host.extra_hosts),
    "shm_size": ("shm_size", values.size),
    "ulimits": ("ulimits", ulimits),
    "isolation": ("isolation", values.clean),
    "privileged": ("privileged", values.boolean),
    "entitlements": ("entitlements", values.names),
}


@unquoted
def image_name(project: Mapping[str, Any], service: str) -> str:
    """``image``, else ``<project>-<service>``, which a built image then bears. Raises ValidationError for a bad one."""
    document, where = service_of(project, service), f"services.{service}"
    written = document.get("image")
    if not written and not document.get("build"):
        wrong(where, "an image or a build")
    known = written or identity.image_name(project_name(project), service)
    return values.within(f"{where}.image", reference.image, known)


@unquoted
def build_spec(
    project: Mapping[str, Any],
    service: str,
    labels: Mapping[str, str] | None = None,
    contents: Mapping[str, str] | None = None,
    capabilities: Capabilities | None = None,
) -> tuple[BuildSpec, list[str]]:
    """How the image of ``service`` is built, and its names: the first is the service's image, then ``build.tags``.

    ``cache_to`` is left out: no engine's build API exports a cache, and the image is the same without (``warnings``
    names it, as ``provenance`` and ``sbom``). labels: of identity, for the image. contents: what variables
    hold of secrets that take one, by path; files are not read here. The spec's ``platform`` is the service's, or the only one
    of ``platforms``. capabilities: of an engine that the image is to run on, what its builder lacks and an image can do
    without is left out: of several platforms the engine's own is built; absent: nothing is.
    Build arguments without a name say nothing to any Dockerfile, and are left out, too; those without a value are left out,
    as the environment did not have them. Raises ValidationError with the path inside the project, also for a service
    without ``build``.
    """
    from perry_ffi.model.base import validate
    from perry_ffi.model.image import BuildSpec

    document, where = service_of(project, service), f"services.{service}.build"
    build = mapping(document.get("build"), where)
    if not build:
        wrong(where, f"a build of the service {shown(service)}")
    found = {"context": _directory(build.get("context"), f"{where}.context"), **read(build, where, _BUILD)}
    if "dockerfile_inline" in found:
        found.pop("dockerfile", None)
    arguments = {k: v for k, v in mapping(build.get("args"), f"{where}.args").items() if k and v is not None}
    found["args"] = values.within(f"{where}.args", values.env, arguments)
    found["labels"] = found.get("labels", {}) | dict(labels or {})
    found["secrets"] = secrets_of(project, build, where, contents or {})
    found["ssh"] = agents_of(build, where)
    found["additional_contexts"] = _contexts(project, build, f"{where}.additional_contexts")
    found |= _platforms(document, build, where)
    tags = values.within(f"{where}.tags", values.names, build.get("tags") or [])
    tags = [values.within(f"{where}.tags[{index}]", reference.image, tag) for index, tag in enumerate(tags)]
    found = {
        name: value for name, value in found.items() if value not in ("", None) and (name, value) != ("isolation", "default")
    }
    spec = validate(BuildSpec, found, where)
    if capabilities:
        spec = Evaluator(BUILD, capabilities, "").without(spec)
    return spec, list(dict.fromkeys([image_name(project, service), *tags]))


@contextmanager
def named_in(service: str) -> Iterator[None]:
    """Has an error about a member of the spec name the member of the file that it is."""
    try:
        yield
    except ContainerError as error:
        if not error.message.startswith(_SPEC):
            raise
        told = {key: _in_file(value, service) if key in ("member", "path") else value for key, value in error.details.items()}
        raise type(error)(_in_file(error.message, service), **told) from error


def _in_file(text: Any, service: str) -> Any:
    known = isinstance(text, str) and text.startswith(_SPEC)
    return f"services.{service}.build.{text.removeprefix(_SPEC)}" if known else text


def _directory(value: Any, where: str) -> str:
    """The context itself: a directory. What a resolved project has beside absolute paths are addresses."""
    context = values.within(where, values.word, value)
    if not context.startswith("/"):
        unsupported(where, "a context is a directory of this machine; no address is fetched")
    return context


def built_from(service: Mapping[str, Any]) -> list[str]:
    """The services whose images the build of ``service`` has as contexts."""
    contexts = mapping(mapping(service.get("build"), "build").get("additional_contexts"), "additional_contexts")
    return [value.removeprefix(SERVICE) for value in contexts.values() if isinstance(value, str) and value.startswith(SERVICE)]


def _contexts(project: Mapping[str, Any], build: Mapping[str, Any], where: str) -> dict[str, str]:
    written = values.within(where, values.text_map, mapping(build.get("additional_contexts"), where))
    return {name: _context(project, value, f"{where}.{name}") for name, value in written.items()}


def _context(project: Mapping[str, Any], value: str, where: str) -> str:
    if value.startswith(SERVICE):
        return f"local-image://{image_name(project, value.removeprefix(SERVICE))}"
    if value.startswith(("/", "docker-image://")):
        return value
    unsupported(where, "a context is a directory of this machine, an image or a service; no address is fetched")


def _platforms(service: Mapping[str, Any], build: Mapping[str, Any], where: str) -> dict[str, Any]:
    """One platform is built for; several are only BuildKit's, and refused by name when the build begins."""
    many = values.within(f"{where}.platforms", values.list_of(platforms.platform), build.get("platforms") or [])
    own = service.get("platform")
    if own:
        own = values.within(f"{where}.platform", platforms.platform, own)
        if many and own not in many:
            wrong(f"{where}.platforms", f"a list with the service's platform {own}")
        return {"platform": own}
    return {"platform": many[0]} if len(many) == 1 else {"platforms": many}
