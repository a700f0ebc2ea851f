"""What the models' sources say beside the types: the texts after members, which no class keeps, and what a class says of them."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from functools import cache
from itertools import pairwise
from typing import Any, is_typeddict

_OF_MEMBERS = r"(?:^|(?<=\. ))(`?[A-Za-z_]\w*`?(?:, `?[A-Za-z_]\w*`?)*): "
"""In the documentation of a class: ``timeout: seconds until ...``, ``config, module: of a ...``."""


def doc_of(kind: type) -> str:
    """The documentation of a class itself, not what it inherits, without what it says of single members."""
    return _said(kind)[0]


def doc_of_member(kind: type, name: str) -> str:
    """The text after a member, and what a class says of it: the nearest of the family in both."""
    after = next((_plain(text) for one in _family(kind) if (text := _documented(one.__module__).get((one.__name__, name)))), "")
    said = next((text for one in _family(kind) if (text := _said(one)[1].get(name))), "")
    return " ".join(filter(None, (after, said)))


@cache
def _said(kind: type) -> tuple[str, dict[str, str]]:
    """What a class says of itself, and of its members by their names; of a dictionary made by a call, the text after it."""
    names = {name for one in _family(kind) for name in inspect.get_annotations(one)}
    known = {spelling: name for name in names for spelling in (name, _camel(name))}
    kept, found = [], {}
    for paragraph in _plain(_documented(kind.__module__).get((kind.__name__,), "")).splitlines():
        rest, *pieces = re.split(_OF_MEMBERS, paragraph)
        for of, text in zip(pieces[::2], pieces[1::2], strict=True):
            members = [known.get(name.strip("`")) for name in of.split(", ")]
            if None in members:
                rest += f"{of}: {text}"
            else:
                found.update({str(name): _sentence(text) for name in members})
        kept.append(rest.strip())
    return "\n".join(filter(None, kept)), found


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name or a value."""
    word = re.match(r"[a-z]+\b", text)
    return (text if word is None or word[0] in ("true", "false") else text[0].upper() + text[1:]).strip()


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def declares(kind: type, name: str) -> type:
    """The class of the family that declares a member, the nearest one."""
    return next(one for one in _family(kind) if name in inspect.get_annotations(one) and not _inherits(one, name))


def _inherits(kind: type, name: str) -> bool:
    """A dictionary's annotations have those of its bases, too."""
    return any(name in inspect.get_annotations(base) for base in _dictionaries(kind))


def _family(kind: type) -> list[type]:
    """A class and its bases, the nearest first."""
    return [*kind.__mro__, *(one for base in _dictionaries(kind) for one in _family(base))]


def _dictionaries(kind: type) -> list[type]:
    """The bases of a dictionary of types, which not every Python keeps."""
    node = next((one for one in _tree(kind.__module__).body if isinstance(one, ast.ClassDef) and one.name == kind.__name__), None)
    named = [base.id for base in node.bases if isinstance(base, ast.Name)] if node is not None else []
    found = [getattr(sys.modules[kind.__module__], name, None) for name in named]
    return [one for one in found if isinstance(one, type) and is_typeddict(one)]


@cache
def _tree(module: str) -> ast.Module:
    """The source of a module; nothing, of one without."""
    source = sys.modules.get(module)
    return ast.parse(inspect.getsource(source) if source is not None and getattr(source, "__file__", None) else "")


@cache
def _documented(module: str) -> dict[tuple[str, ...], str]:
    """Texts by class, and by class and member."""
    found: dict[tuple[str, ...], str] = {}
    body = _tree(module).body
    found.update({(name,): text for name, text in _after(body)})
    for node in body:
        if isinstance(node, ast.ClassDef):
            found[node.name,] = ast.get_docstring(node) or ""
            found.update({(node.name, name): text for name, text in _after(node.body)})
    return found


def _after(body: list[ast.stmt]) -> list[tuple[str, str]]:
    """Each assignment that a text follows."""
    pairs = pairwise(body)
    return [(name, text) for one, after in pairs if (name := _assigned(one)) and (text := _text(after))]


def _assigned(node: ast.stmt) -> str | None:
    targets: list[Any] = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return targets[0].id if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(targets[0], ast.Name) else None


def _text(node: ast.stmt) -> str | None:
    value = node.value if isinstance(node, ast.Expr) else None
    return inspect.cleandoc(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _plain(text: str) -> str:
    """One line a paragraph, in words of JSON."""
    for python, json in (("``None``", "absent"), ("``False``", "false"), ("``True``", "true"), ("``", "`")):
        text = text.replace(python, json)
    return "\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
