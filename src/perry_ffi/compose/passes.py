"""Files to one canonical tree: the passes over every file and then over their sum, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from perry_ffi.compose.canonical import canonical
from perry_ffi.compose.check import check
from perry_ffi.compose.composer import Document
from perry_ffi.compose.defaults import set_defaults
from perry_ffi.compose.environment import resolve_listed
from perry_ffi.compose.fault import fault
from perry_ffi.compose.interpolate import interpolate
from perry_ffi.compose.load_state import LoadState
from perry_ffi.compose.merge import merge
from perry_ffi.compose.paths import resolve_paths
from perry_ffi.compose.schema import validate
from perry_ffi.compose.tree import delete_path
from perry_ffi.compose.unicity import unique
from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.compose.extends import (
        Extender,  # most projects do without; what is not imported costs no start-up time
    )


class Files:
    """The Compose files of one project (or of one included project), in the order in which they override.

    ``folder`` is what relative paths are joined to; ``base`` is the same folder, absolute. ``included`` are the
    files on the way here, if another project includes this one.
    """

    def __init__(
        self,
        state: LoadState,
        files: list[str],
        folder: str,
        base: str,
        env: Mapping[str, str],
        included: Sequence[str] = (),
    ) -> None:
        self.state, self.files, self.folder, self.base, self.env = state, files, folder, base, env
        self.included = included
        self.substitute = state.substitution(env)
        self._extender: Extender | None = None

    def load(self) -> dict[str, Any]:
        """The canonical tree of all files. Raises ValidationError, NotFound and Unsupported."""
        tree: dict[str, Any] = {}
        for file in self.files:
            for document in self.state.documents(file):
                tree = self.state.within(file, partial(self._add, tree, file, document))
        try:
            return self._finish(tree)
        except ContainerError as error:
            raise self.state.locate(error, self.files) from None

    def _add(self, tree: dict[str, Any], file: str, document: Document) -> dict[str, Any]:
        """One document on top of what came before it."""
        own = document.value
        if type(own) is not dict:
            raise fault("", "the top level is not a mapping", "a mapping")
        options = self.state.options
        if options.interpolate:
            own = interpolate(own, self.substitute)
        self._extend(own, file, document)
        for path in document.resets:
            delete_path(tree, path)
        self._include(own, [*self.included, file])
        tree = unique(merge(tree, own))
        validate(tree)
        if tree.pop("version", None) is not None:
            self.state.warn("obsolete", f"{file}: the attribute `version` is obsolete and ignored; please remove it")
        return unique(canonical(tree, self.state.warnings, not options.interpolate))

    def _extend(self, own: dict[str, Any], file: str, document: Document) -> None:
        if self._extender is None:
            services = own.get("services")
            if type(services) is dict and not any(type(row) is not dict or "extends" in row for row in services.values()):
                return
            from perry_ffi.compose.extends import Extender

            self._extender = Extender(self.state, self.base, self.substitute, dict(self.env))
        self._extender.apply(own, file, document.resets)

    def _include(self, own: dict[str, Any], included: Sequence[str]) -> None:
        if "include" not in own:
            return
        from perry_ffi.compose.include import Inclusion, apply_include

        def load(part: Inclusion) -> dict[str, Any]:
            return Files(self.state, part.files, part.folder, part.base, part.env, included).load()

        apply_include(own, self.base, self.env, included, self.state, load)

    def _finish(self, tree: dict[str, Any]) -> dict[str, Any]:
        set_defaults(tree)
        check(tree)
        if self.state.options.resolve_paths or self.included:
            resolve_paths(tree, self.folder, self.env)
        resolve_listed(tree, self.env)
        if self.included:
            self._note_contents(tree)
        return tree

    def _note_contents(self, tree: dict[str, Any]) -> None:
        from perry_ffi.compose.contents import note_contents

        note_contents(tree, self.env, self.state)
