"""``develop.watch``: which files are whose business, and where they go. Pure."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.build.ignore import Ignore
from perry_ffi.errors import NotFound
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

SYNCS = ("sync", "sync+restart", "sync+exec")
PASSING = (
    "**/.git",
    "**/*~",
    "**/.#*",
    "**/#*#",
    "**/.*.sw?",
    "**/4913",
    "**/___jb_*___",
    "**/.idea",
    "**/.DS_Store",
    "**/__pycache__",
)
"""What editors and tools write for themselves alone."""


@dataclass(frozen=True)
class Rule:
    """One row. action: ``sync``, ``sync+restart``, ``sync+exec``, ``rebuild``, ``restart``. path: a folder or a file of this machine.
    target: where it is in the container. exec: the command of ``sync+exec``, as the file has it. context, unsent: the folder that
    the image is built from, and what of it is not sent to the engine: it is nobody's business either.
    """

    service: str
    action: str
    path: str
    target: str = ""
    ignore: Ignore = field(default_factory=Ignore)
    include: Ignore | None = None
    initial: bool = False
    exec: Mapping[str, Any] = field(default_factory=dict)
    context: str = ""
    unsent: Ignore = field(default_factory=Ignore)

    def concerns(self, path: str) -> bool:
        """Whether a file's change is its business."""
        inner = self._inner(path)
        if inner is None:
            return False
        if inner == ".":
            return True
        if self.context and path.startswith(self.context + "/") and self.unsent.excludes(path[len(self.context) + 1 :]):
            return False
        return not self.ignore.excludes(inner) and (self.include is None or self.include.excludes(inner))

    def skips(self, folder: str) -> bool:
        """Whether nothing at or below ``folder`` is its business."""
        inner = self._inner(folder)
        if inner is None:
            return not self.path.startswith(folder.rstrip("/") + "/")
        return inner != "." and self.ignore.excludes(inner) and self.ignore.excludes_all_below(inner)

    def place(self, path: str) -> str:
        """Where a file is in the container."""
        inner = self._inner(path)
        return self.target if inner in (None, ".") else os.path.join(self.target, inner or "")

    def _inner(self, path: str) -> str | None:
        """Relative to the rule's own path; ``None`` where it is not below it."""
        if path == self.path:
            return "."
        return path[len(self.path) :].lstrip("/") if path.startswith(self.path.rstrip("/") + "/") else None


def rules_of(project: Project, services: Sequence[str] | None, read: Mapping[str, str]) -> list[Rule]:
    """The rules of ``services``; ``None`` all. read: the text of the ``.dockerignore`` of each service's build, where there is one.

    Raises NotFound for a service that there is not, one that has no rules, and where nobody has any; ValidationError for patterns
    that cannot be meant.
    """
    require_services(services, project.services)
    found = [
        rule for name in (project.services if services is None else services) for rule in _of(project, name, read.get(name, ""))
    ]
    for name in services or ():
        if not any(rule.service == name for rule in found):
            raise NotFound(f"services.{name}.develop.watch: it has no rules", service=name)
    if not found:
        raise NotFound(f"project {project.name}: no service has rules to watch by (develop.watch)", project=project.name)
    return found


def _of(project: Project, service: str, dockerignore: str) -> Iterable[Rule]:
    tree = project.services[service]
    for index, row in enumerate((tree.get("develop") or {}).get("watch") or ()):
        where = f"services.{service}.develop.watch[{index}]"
        ignored = [*PASSING, *(row.get("ignore") or ())]
        include = list(row.get("include") or ())
        yield Rule(
            service,
            row["action"],
            os.path.normpath(row["path"]),
            row.get("target") or "",
            Ignore.parse("\n".join(ignored), file=f"{where}.ignore"),
            Ignore.parse("\n".join(include), file=f"{where}.include") if include else None,
            bool(row.get("initial_sync")),
            row.get("exec") or {},
            os.path.normpath(str(tree["build"]["context"])) if "build" in tree else "",
            Ignore.parse(dockerignore, file=f"services.{service}.build: .dockerignore"),
        )


def roots(rules: Iterable[Rule]) -> set[str]:
    """The folders to look at: those of the rules; of a file, or of what is not there yet, the one that it is in."""
    return {rule.path if os.path.isdir(rule.path) else os.path.dirname(rule.path) for rule in rules}
