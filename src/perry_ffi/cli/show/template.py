"""Go templates, as far as ``--format`` is used: members, pipes, functions, ``if``, ``range``, ``with``, variables, trims.

A value is what JSON has, or a function, which a member with arguments calls (``.Label "name"``). What a row does not have is an
error that lists what it has.
"""

from __future__ import annotations

from perry_ffi.errors import ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Scope = dict[str, Any]
    Node = Callable[[Any, Scope, list[str]], None]
    Value = Callable[[Any, Scope], Any]

_BLANKS = " \t\r\n"
_SIGNS = ("|", "(", ")", ",")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
_WORDS = {"true": True, "false": False, "nil": None}


class Template:
    """A template. Raises ValidationError for a text that is none. functions: those that it knows, by name."""

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        if functions is None:
            from perry_ffi.cli.show.template_functions import FUNCTIONS

            functions = FUNCTIONS
        self._root = _Parser(text, functions).all()

    def text(self, row: Any) -> str:
        """What it makes of ``row``. Raises ValidationError for a member that is not there, and for what cannot be done with one."""
        out: list[str] = []
        self._root(row, {"$": row}, out)
        return "".join(out)


def _wrong(text: str, reason: str) -> ValidationError:
    return ValidationError(f"--format: {reason} in {text!r}", path="format", reason=reason)


class _Parser:
    """Text and actions, one after the other."""

    def __init__(self, text: str, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._text, self._functions = text, functions
        self._parts = self._split()
        self._next = 0

    def all(self) -> Node:
        node, end = self._block()
        if end:
            raise self._wrong(f"{{{{{end}}}}} ends nothing")
        return node

    def _wrong(self, reason: str) -> ValidationError:
        return _wrong(self._text, reason)

    def _split(self) -> list[str | list[Any]]:
        """Texts, and actions as lists of their tokens."""
        parts: list[str | list[Any]] = []
        rest, trims = self._text, False
        while rest:
            before, opened, behind = rest.partition("{{")
            if trims:
                before = before.lstrip(_BLANKS)
            if not opened:
                return [*parts, before]
            if behind[:1] == "-" and behind[1:2] in _BLANKS:
                before, behind = before.rstrip(_BLANKS), behind[1:]
            parts.append(before)
            if behind.lstrip().startswith("/*"):
                _, ended, behind = behind.partition("*/")
                tokens: list[Any] = []
                closing, _, rest = behind.partition("}}")
                trims = closing.endswith("-")
                if not ended or closing.strip(_BLANKS + "-"):
                    raise self._wrong("a comment without an end")
            else:
                tokens, rest, trims = self._tokens(behind)
                parts.append(tokens)
        return parts

    def _tokens(self, text: str) -> tuple[list[Any], str, bool]:
        """The tokens of an action, what stands behind it, and whether blanks there go."""
        found: list[Any] = []
        at = 0
        while True:
            char = text[at : at + 1]
            if not char:
                raise self._wrong("an action without }}")
            if text.startswith("}}", at):
                return found, text[at + 2 :], False
            if char in _BLANKS:
                at += 1
                if text.startswith("-}}", at):
                    return found, text[at + 3 :], True
            elif char in "\"`'":
                token, at = self._quoted(text, at)
                found.append(token)
            elif char in _SIGNS:
                found.append((char, None))
                at += 1
            elif text.startswith(":=", at) or char == "=":
                found.append((":=", None))
                at += 2 if char == ":" else 1
            else:
                end = at
                while end < len(text) and text[end] not in _BLANKS + "|(),\"`':=}":
                    end += 1
                if end == at:
                    raise self._wrong(f"an odd {char!r}")
                kind, said = self._word(text[at:end])
                found.append(("field" if kind == "member" and text[at - 1 : at] == ")" else kind, said))
                at = end

    def _quoted(self, text: str, at: int) -> tuple[tuple[str, Any], int]:
        quote, made, at = text[at], "", at + 1
        while at < len(text) and text[at] != quote:
            if text[at] == "\\" and quote != "`":
                made += _ESCAPES.get(text[at + 1 : at + 2], text[at + 1 : at + 2])
                at += 2
            else:
                made += text[at]
                at += 1
        if at >= len(text):
            raise self._wrong("a text without its end")
        return ("is", made), at + 1

    def _word(self, word: str) -> tuple[str, Any]:
        if word == "." or (word[0] == "." and all(word[1:].split("."))):
            return "member", [name for name in word.split(".") if name]
        if word[0] == "$":
            name, *members = word.split(".")
            return "variable", (name, members)
        if word in _WORDS:
            return "is", _WORDS[word]
        if word[0].isdigit() or (word[0] in "+-." and word[1:2].isdigit()):
            try:
                return "is", int(word, 0)
            except ValueError:
                try:
                    return "is", float(word)
                except ValueError:
                    raise self._wrong(f"an odd number {word}") from None
        return "word", word

    # -- blocks -------------------------------------------------------------------------------------

    def _block(self) -> tuple[Node, str]:
        """What stands up to the next end (``end``, ``else``, with what follows it in ``_rest``), and that end."""
        nodes: list[Node] = []
        while self._next < len(self._parts):
            part = self._parts[self._next]
            self._next += 1
            if isinstance(part, str):
                nodes.append(_literal(part))
                continue
            first = part[0] if part else ("", None)
            if first in (("word", "end"), ("word", "else")):
                self._rest = part[1:]
                return _sequence(nodes), first[1]
            if first[0] == "word" and first[1] in ("if", "range", "with"):
                nodes.append(self._control(first[1], part[1:]))
            else:
                nodes.append(self._action(part))
        return _sequence(nodes), ""

    def _control(self, kind: str, tokens: list[Any]) -> Node:
        names: list[str] = []
        if any(token[0] == ":=" for token in tokens):
            place = next(i for i, token in enumerate(tokens) if token[0] == ":=")
            names = [token[1][0] for token in tokens[:place] if token[0] == "variable"]
            tokens = tokens[place + 1 :]
        value = self._pipeline(tokens)
        body, end = self._block()
        other: Node = _sequence([])
        if end == "else" and self._rest:
            word, rest = self._rest[0], self._rest[1:]
            if word not in (("word", "if"), ("word", "with")):
                raise self._wrong("an odd {{else}}")
            other, end = self._control(word[1], rest), "end"
        elif end == "else":
            other, end = self._block()
        if end != "end":
            raise self._wrong(f"{{{{{kind}}}}} without {{{{end}}}}")
        return _CONTROLS[kind](value, names, body, other)

    def _action(self, tokens: list[Any]) -> Node:
        if len(tokens) > 1 and tokens[0][0] == "variable" and tokens[1][0] == ":=":
            name, value = tokens[0][1][0], self._pipeline(tokens[2:])

            def assign(row: Any, scope: Scope, out: list[str]) -> None:
                scope[name] = value(row, scope)

            return assign
        shown = self._pipeline(tokens)

        def show(row: Any, scope: Scope, out: list[str]) -> None:
            from perry_ffi.cli.show.template_functions import printed

            out.append(printed(shown(row, scope)))

        return show

    # -- values -------------------------------------------------------------------------------------

    def _pipeline(self, tokens: list[Any]) -> Value:
        value, rest = self._piped(tokens)
        if rest:
            raise self._wrong("an odd )")
        return value

    def _piped(self, tokens: list[Any]) -> tuple[Value, list[Any]]:
        value, rest = self._command(tokens, None)
        while rest and rest[0][0] == "|":
            value, rest = self._command(rest[1:], value)
        return value, rest

    def _command(self, tokens: list[Any], piped: Value | None) -> tuple[Value, list[Any]]:
        """A value with its arguments; what is piped into it is the last one."""
        operands: list[Value] = []
        called = ""
        rest = tokens
        while rest and rest[0][0] not in ("|", ")"):
            kind, said = rest[0]
            rest = rest[1:]
            if kind == "(":
                inner, rest = self._piped(rest)
                if not rest or rest[0][0] != ")":
                    raise self._wrong("a ( without its )")
                rest = rest[1:]
                if rest and rest[0][0] == "field":
                    inner, rest = self._field(inner, rest[0][1]), rest[1:]
                operands.append(inner)
            elif kind == "word" and not operands and not called:
                if said not in self._functions:
                    raise self._wrong(f"an unknown function {said} (there are {', '.join(sorted(self._functions))})")
                called = said
            elif kind in ("member", "variable", "is"):
                operands.append(self._operand(kind, said))
            else:
                raise self._wrong(f"an odd {said or kind}")
        if not operands and not called:
            raise self._wrong("an action without a value")
        if piped is not None:
            operands.append(piped)
        return (self._call(called, operands) if called else self._method(operands)), rest

    def _operand(self, kind: str, said: Any) -> Value:
        if kind == "is":
            return lambda row, scope: said
        if kind == "member":
            return lambda row, scope: self._member(row, said)
        name, members = said

        def variable(row: Any, scope: Scope) -> Any:
            if name not in scope:
                raise self._wrong(f"an unknown variable {name}")
            return self._member(scope[name], members)

        return variable

    def _field(self, value: Value, members: list[str]) -> Value:
        """What stands right behind a ``)``: a member of what the brackets make."""
        return lambda row, scope: self._member(value(row, scope), members)

    def _member(self, value: Any, members: list[str]) -> Any:
        for name in members:
            if not isinstance(value, dict):
                raise self._wrong(f"no member .{name} of {value!r}")
            if name not in value:
                raise self._wrong(f"no member .{name} (there are {', '.join(value)})")
            value = value[name]
        return value

    def _call(self, name: str, operands: list[Value]) -> Value:
        function = self._functions[name]

        def call(row: Any, scope: Scope) -> Any:
            try:
                return function(*(operand(row, scope) for operand in operands))
            except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
                raise self._wrong(f"what {name} cannot take ({error})") from None

        return call

    def _method(self, operands: list[Value]) -> Value:
        first, rest = operands[0], operands[1:]

        def value(row: Any, scope: Scope) -> Any:
            found = first(row, scope)
            if callable(found):
                return found(*(operand(row, scope) for operand in rest))
            if rest:
                raise self._wrong("arguments behind what takes none")
            return found

        return value


def _literal(text: str) -> Node:
    return lambda row, scope, out: out.append(text)


def _sequence(nodes: list[Node]) -> Node:
    def run(row: Any, scope: Scope, out: list[str]) -> None:
        for node in nodes:
            node(row, scope, out)

    return run


def _if(value: Value, names: list[str], body: Node, other: Node) -> Node:
    def run(row: Any, scope: Scope, out: list[str]) -> None:
        found = value(row, scope)
        inner = {**scope, **dict.fromkeys(names[:1], found)}
        (body if found else other)(row, inner, out)

    return run


def _with(value: Value, names: list[str], body: Node, other: Node) -> Node:
    def run(row: Any, scope: Scope, out: list[str]) -> None:
        found = value(row, scope)
        inner = {**scope, **dict.fromkeys(names[:1], found)}
        body(found, inner, out) if found else other(row, inner, out)

    return run


def _range(value: Value, names: list[str], body: Node, other: Node) -> Node:
    def run(row: Any, scope: Scope, out: list[str]) -> None:
        found = value(row, scope) or ()
        pairs = sorted(found.items()) if isinstance(found, dict) else list(enumerate(found))
        for key, item in pairs:
            inner = {**scope, **dict(zip(names, (key, item) if len(names) > 1 else (item,), strict=False))}
            body(item, inner, out)
        if not pairs:
            other(row, scope, out)

    return run


_CONTROLS = {"if": _if, "with": _with, "range": _range}
