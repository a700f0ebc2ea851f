"""``extends``: a service laid over another one, of the same file or of another.

The base is resolved first (it may extend in turn), copied, stripped of what the
extending file resets, and merged under the service. A chain that comes back to
itself is refused with every step of it.
"""

from __future__ import annotations

import os
from typing import Any

from perry_ffi.compose.canonical import canonical
from perry_ffi.compose.composer import Path
from perry_ffi.compose.fault import fault
from perry_ffi.compose.interpolate import interpolate
from perry_ffi.compose.load_state import LoadState, refuse_remote
from perry_ffi.compose.merge import merge, merge_service
from perry_ffi.compose.paths import join, resolve_paths
from perry_ffi.compose.template import Substitution
from perry_ffi.compose.tree import copy_tree, count_nodes, delete_path
from perry_ffi.compose.unicity import unique
from perry_ffi.errors import NotFound

MAX_CHAIN = 100

Step = tuple[str, str]


class _Scope:
    """Services of one file, what it resets, and the name that errors give it."""

    __slots__ = ("_resets", "file", "services")

    def __init__(self, file: str, services: dict[str, Any], resets: list[Path]) -> None:
        self.file, self.services = file, services
        self._resets: dict[str, list[Path]] = {}
        for path in resets:
            if path[:1] == ("services",):
                self._resets.setdefault(path[1] if len(path) > 1 else "", []).append(path)

    def resets_of(self, service: str) -> list[Path]:
        """Those that are inside the service, or around it."""
        return [*self._resets.get("", ()), *self._resets.get(service, ())]


class Extender:
    """Resolves ``extends`` for the files of one project; extended files are read once.

    ``base`` is the project's folder, against which ``extends.file`` is read.
    """

    def __init__(self, state: LoadState, base: str, substitute: Substitution, home: dict[str, str]) -> None:
        self._state, self._base, self._substitute, self._home = state, base, substitute, home
        self._files: dict[str, _Scope] = {}

    def apply(self, tree: dict[str, Any], file: str, resets: list[Path]) -> None:
        """Resolve every service of ``tree`` in place. Raises ValidationError and NotFound."""
        services = tree.get("services")
        if services is None and "services" not in tree:
            return
        if type(services) is not dict:
            raise fault("services", "has the wrong type", "a mapping")
        scope = _Scope(file, services, resets)
        for name in services:
            services[name] = self._resolve(name, scope, [])

    def _resolve(self, name: str, scope: _Scope, chain: list[Step]) -> Any:
        service = scope.services[name]
        if service is None:
            return None
        if type(service) is not dict:
            raise fault(f"services.{name}", "has the wrong type", "a mapping")
        if "extends" not in service:
            return service
        ref, file = _reference(service["extends"], f"services.{name}.extends")
        base_scope = self._open(file, scope) if file is not None else scope
        if ref not in base_scope.services:
            where = "" if file is None else f" in {file}"
            raise fault(f"services.{name}.extends", f"there is no service {ref!r}{where} to extend")
        chain = self._follow(chain, (scope.file, name), (base_scope.file, ref))
        base = self._resolve(ref, base_scope, chain)
        if base is None:
            return service
        merged = merge_service(self._stripped(base, name, scope), service, name)
        merged.pop("extends", None)
        scope.services[name] = merged
        return merged

    def _follow(self, chain: list[Step], here: Step, there: Step) -> list[Step]:
        chain = [*chain, here]
        if there in chain:
            cycle = [*chain[chain.index(there) :], there]
            steps = " extends ".join(f"{service} ({os.path.basename(file)})" for file, service in cycle)
            raise fault(f"services.{here[1]}.extends", f"services extend each other in a circle: {steps}")
        if len(chain) > MAX_CHAIN:
            raise fault(f"services.{here[1]}.extends", f"the chain is longer than {MAX_CHAIN} services and is refused")
        return chain

    def _stripped(self, base: dict[str, Any], name: str, scope: _Scope) -> dict[str, Any]:
        self._state.count_nodes(count_nodes(base))
        services: dict[str, dict[str, Any]] = {name: copy_tree(base)}
        copy = {"services": services}
        for path in scope.resets_of(name):
            delete_path(copy, path)
        return copy.get("services", {}).get(name, {})

    def _open(self, file: str, scope: _Scope) -> _Scope:
        refuse_remote(file)
        path = file if file.startswith("/") else join(self._base, file)
        if path not in self._files:
            self._files[path] = self._state.within(path, lambda: self._read(path, file))
        return self._files[path]

    def _read(self, path: str, file: str) -> _Scope:
        """The services of an extended file in canonical form, its paths relative to the project's folder."""
        tree: dict[str, Any] = {}
        resets: list[Path] = []
        for document in self._state.documents(path):
            resets = document.resets
            cfg = document.value
            if type(cfg) is not dict:
                raise fault("", "the top level is not a mapping", "a mapping")
            if self._state.options.interpolate:
                cfg = interpolate(cfg, self._substitute)
            for reset in resets:
                delete_path(tree, reset)
            tree = unique(merge(tree, cfg))
            tree = unique(canonical(tree, self._state.warnings, not self._state.options.interpolate))
        services = tree.get("services")
        if type(services) is not dict:
            raise NotFound(f"{path}: there are no services to extend", file=path)
        resolve_paths(tree, relative_folder(file, self._base), self._home)
        return _Scope(path, services, resets)


def _reference(extends: Any, path: str) -> tuple[str, str | None]:
    if type(extends) is str:
        return extends, None
    if type(extends) is not dict or type(extends.get("service")) is not str:
        raise fault(path, "names no service", "service: a name")
    file = extends.get("file")
    if file is not None and type(file) is not str:
        raise fault(f"{path}.file", "has the wrong type", "a path")
    return extends["service"], file


def relative_folder(file: str, base: str) -> str:
    """The folder of ``file`` (or ``file`` itself, if it is one) relative to ``base``."""
    path = file if file.startswith("/") else join(base, file)
    if not os.path.isdir(path):
        folder = os.path.dirname(file) or "."
        path = folder if folder.startswith("/") else join(base, folder)
    relative = os.path.relpath(path, base) if base.startswith("/") else path
    return relative
