"""From the documents of the models to WIT: records where a document is closed, ``json`` where it may hold anything."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from perry_ffi.abi.wit.definitions import Definition, Part, list_of, names_in, object_of, option
from perry_ffi.abi.wit.members import Member, NotNegative, classes, is_document, members
from perry_ffi.abi.wit.names import kebab
from perry_ffi.abi.wit.sources import doc_of
from perry_ffi.abi.wit.values import DEFINITIONS, SAYS, VALUES
from perry_ffi.model import container, container_info, stack_status, workload, workload_status, workload_values
from perry_ffi.model.answer import Count

OPEN = {
    "ComposeSpec": "A Compose document, of any attributes of the Compose Specification.",
    "ComposeProject": "A Compose document that is resolved: `up` and `plan` take it as it is.",
    "Chunk": "A record of a stream; which members it has, says the operation that the stream is of.",
}
"""Documents that no record can be for, with what they are."""

ENUMS: dict[Any, str] = {
    container.PullPolicy: "pull-policy",
    container_info.Status: "container-status",
    container_info.Health: "health",
    workload.Pull: "pull-mode",
    workload_status.Phase: "node-phase",
    workload_status.NodeState: "node-state",
    workload_values.Condition: "condition",
}
"""Names of choices that several documents have; another one is called after the member that has it."""

NAMES: dict[type, str] = {
    stack_status.Plan: "up-plan",
    stack_status.PlanStep: "up-plan-step",
    workload.Dependency: "workload-dependency",
}
"""Of documents whose own name another one has, or an operation."""

_PLAIN: dict[Any, str] = {str: "string", bool: "bool", int: "s64", float: "f64", Count: "u64", NotNegative: "u64", Any: "json"}


class Documents:
    """The definitions that the operations need, made as they are asked for."""

    def __init__(self) -> None:
        self._classes = classes()
        self._made: dict[str, Definition] = {}
        self._kinds: dict[str, tuple[type, bool]] = {}
        self._values = {one.name: one for one in DEFINITIONS}

    def definitions(self) -> list[Definition]:
        """Those that were asked for, and those that they need, by name."""
        return [self._made[name] for name in sorted(self._made)]

    def named(self, text: str, *, heard: bool) -> str:
        """The type of a document by its name in the ABI table: ``X``, ``X[]``, ``X|null``, ``{name: n}``, ``A|B``.

        heard: a program is told it, and so every member is there that is never absent. Raises LookupError for a name that is neither a
        model's nor one of OPEN.
        """
        if text.endswith("|null"):
            return option(self.named(text.removesuffix("|null"), heard=heard))
        if text.endswith("[]"):
            return list_of(self.named(text.removesuffix("[]"), heard=heard))
        if re.fullmatch(r"\{\w+: n\}", text):
            return object_of("u64")
        if "|" in text:
            return "json"
        if text in ("string", "bool", "json"):
            return text
        if text in OPEN:
            return self._add(Definition("type", kebab(text), OPEN[text], type="json"))
        if text not in self._classes:
            raise LookupError(f"{text}: no model of that name, and it is not among those that are any JSON (OPEN)")
        return self._document(self._classes[text], heard)

    def _add(self, definition: Definition) -> str:
        there = self._made.setdefault(definition.name, definition)
        if there != definition:
            raise ValueError(f"{definition.name}: two definitions of one name; give one of them another (NAMES, ENUMS)")
        return definition.name

    # -- documents --------------------------------------------------------------------------------

    def _document(self, kind: type, heard: bool) -> str:
        name = NAMES.get(kind, kebab(kind.__name__))
        if name not in self._kinds:
            self._kinds[name] = (kind, heard)
            self._add(Definition("record", name, doc_of(kind)))  # what is in it may name it
            self._made[name] = Definition(
                "record", name, doc_of(kind), tuple(self._member(name, one, heard) for one in members(kind))
            )
        if self._kinds[name] != (kind, heard):
            same = self._kinds[name][0] is kind
            why = "programs say it and hear it, and what may be absent differs" if same else "two documents of one name (NAMES)"
            raise ValueError(f"{name}: {why}")
        return name

    def _member(self, record: str, member: Member, heard: bool) -> Part:
        name, owner = kebab(member.json), NAMES.get(member.owner, kebab(member.owner.__name__))
        kind, absent = _present(member.kind)
        spelled = self._type(kind, f"{owner}-{name}", heard)
        there = not absent and (heard or member.required)
        if member.unit == "Bytes" and spelled == "s64":
            spelled = "u64"
        written = SAYS.get(f"{record}.{name}", SAYS.get(f"{owner}.{name}"))
        doc = _meaning(member, told=heard or there) if written is None else [written]
        if name != member.json.replace("_", "-"):
            doc.append(f"In JSON `{member.json}`.")
        return Part(name, spelled if there else option(spelled), " ".join(filter(None, doc)), json=member.json)

    # -- types ------------------------------------------------------------------------------------

    def _type(self, kind: Any, place: str, heard: bool) -> str:
        """place: what a choice is called that has no name of its own."""
        if kind in VALUES:
            return self._value(VALUES[kind])
        if kind in _PLAIN:
            return _PLAIN[kind]
        if is_document(kind):
            return self._document(kind, heard)
        origin, of = get_origin(kind), get_args(kind)
        if origin is Annotated:
            at_least = any(getattr(rule, "ge", -1) >= 0 for rule in of[1:])
            return "u64" if of[0] is int and at_least else self._type(of[0], place, heard)
        if origin is Literal:
            return self._choice(kind, place)
        if origin is list:
            return list_of(self._type(of[0], place, heard))
        if origin is dict:
            return "json" if of[1] is Any else object_of(self._type(of[1], place, heard))
        if origin in (Union, UnionType):
            return self._union(of, place, heard)
        raise TypeError(f"{place}: {kind!r} has no place in the contract; say in values.py how it is written")

    def _value(self, text: str) -> str:
        """Adds what the text names, and what that needs."""
        for name in names_in([text]) & self._values.keys() - self._made.keys():
            found = self._values[name]
            self._add(found)
            for part in found.parts:
                self._value(part.type)
        return text

    def _choice(self, kind: Any, place: str) -> str:
        texts = get_args(kind)
        if not all(isinstance(text, str) for text in texts):
            return "s64"
        parts = tuple(Part(kebab(text), doc="" if kebab(text) == text else f"In JSON `{text}`.", json=text) for text in texts)
        return self._add(Definition("enum", ENUMS.get(kind, place), parts=parts))

    def _union(self, of: tuple[Any, ...], place: str, heard: bool) -> str:
        """A text, a list or an object: which it is, can be told. Of what cannot be told apart it is any JSON."""
        forms = [_form(kind) for kind in of]
        if None in forms or len(set(forms)) < len(forms):
            return "json"
        cases = [Part(str(form), self._type(kind, place, heard), form=str(form)) for form, kind in zip(forms, of, strict=True)]
        named = tuple(Part({"list": "items"}.get(case.name, case.name), case.type, form=case.form) for case in cases)
        return self._add(Definition("variant", place, parts=named))


def _meaning(member: Member, *, told: bool) -> list[str]:
    """What a member means, its unit, and what it is where it is absent, unless the model has said so."""
    doc = [member.doc]
    if member.unit and member.unit.lower().removesuffix("s") not in member.doc.lower():
        doc.insert(0, f"{member.unit}.")
    if not told and "absent" not in member.doc.lower() and member.default is not None and (default := _said(member.default)):
        doc.append(f"Absent: {default}.")
    return doc


def _present(kind: Any) -> tuple[Any, bool]:
    """The type of a member that is there, and whether it may be absent by its type."""
    of = get_args(kind)
    if get_origin(kind) not in (Union, UnionType) or NoneType not in of:
        return kind, False
    there = [one for one in of if one is not NoneType]
    return (Union[tuple(there)] if len(there) > 1 else there[0]), True  # noqa: UP007


def _form(kind: Any) -> str | None:
    if get_origin(kind) is list:
        return "list"
    return "text" if kind is str else "object" if is_document(kind) else None


def _said(default: Any) -> str:
    """A default where it is one word."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return f"`{default}`" if default else ""
    return f"{default:g}" if isinstance(default, float) else str(default) if isinstance(default, int) else ""
