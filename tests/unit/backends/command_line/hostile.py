"""Values that somebody wrote to be taken for something else, and a command line that notes what a program would make of them.

What is asked for with a value must be what is asked for with a harmless one, but for the value. So each operation is carried out
with both: what the program reads of the one, with the value put in the harmless one's place, is what it reads of the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.errors import ContainerError
from perry_ffi.process.program import Finished, Program

TAME = "tameb7"
"""The harmless value: nothing in it means anything anywhere."""
LONG = "x" * (130 * 1024)
ODD = [
    "-x", "--help", "--", "-", "", "=", "a=b", ",", "a,b", "a:b", ":", "a\nb", "a\r\nb", '"', '"a","b"', "'", "a b", " a", "$(id)", "\\",
    "a\0b", "\udc80a", "\ud800", LONG, "é", "a\u0338", "\u0338", "\u200d", "../..", "/", "src=/etc", "a,readonly", "#", "🙂", "{{.}}", "~",
]  # fmt: skip
HOSTILE = st.one_of(
    st.sampled_from(ODD),
    st.text(st.sampled_from("-=,:;\"'\n\r\t \\$`ab|/#{}\0\u0338\udc80"), max_size=12),
    st.text(max_size=12),
)
Read = Callable[[Sequence[str]], Any]
"""What a program reads of its words: plain data, every value by itself."""


class Enough(Exception):
    """All that was to be seen was seen: there is no answer to this command."""


@dataclass(frozen=True)
class Noting(CommandLine):
    """read_words: of the program's words; read_file: of a file of variables, what the same said by words would be. answers: by
    command, what it says; to the others nothing is said, with success.
    """

    read_words: Read = list
    read_file: Callable[[str], list[str]] = str.splitlines
    answers: Mapping[str, bytes] = field(default_factory=dict)
    noted: list[Any] = field(default_factory=list)

    def note(self, words: Sequence[str], variables: str = "") -> str:
        argv = self.argv([words[0], *(f"--env={line}" for line in self.read_file(variables)), *words[1:]])
        for word in argv:
            assert len(word.encode()) < 128 * 1024 and "\0" not in word
        found = self.read_words(argv[1:])
        self.noted.append(found)
        return str(found[0])

    async def ask(self, words: Sequence[str], **how: Any) -> Finished:
        return Finished(0, self.answers.get(self.note(words, how.get("variables", "")), b""), b"")

    async def start(self, words: Sequence[str], **how: Any) -> Program:
        self.note(words, how.get("variables", ""))
        raise Enough


@dataclass
class Seen:
    """What the program read of each call, and how the operation was refused."""

    calls: list[Any]
    refused: ContainerError | None


def seen(line: Noting, work: Callable[[], Awaitable[Any]]) -> Seen:
    """Carries an operation out. What is no coded error of it is the test's."""
    refused = None

    async def carried_out() -> None:
        async with asyncio.timeout(20):
            await work()

    try:
        asyncio.run(carried_out())
    except Enough:
        pass
    except ContainerError as error:
        refused = error
        error.to_dict()
        assert "\n" not in error.message.partition(": ")[0]
    return Seen(line.noted, refused)


def put(value: str, found: Any) -> Any:
    """``found`` with ``value`` in the place of the harmless one."""
    if isinstance(found, str):
        return found.replace(TAME, value)
    if isinstance(found, dict):
        return {put(value, name): put(value, item) for name, item in found.items()}
    if isinstance(found, list | tuple | set):
        return type(found)(put(value, item) for item in found)
    return found


def compare(tame: Seen, odd: Seen, value: str, changing: Callable[[Any], bool]) -> None:
    """The same was asked for; or it was refused before anything was changed."""
    assert tame.calls, "nothing was asked for with the harmless value"
    wanted = put(value, tame.calls)
    if odd.calls == wanted or not value:  # an empty text may stand for none
        return
    assert odd.refused is not None, f"{odd.calls} in place of {wanted}"
    assert odd.calls == wanted[: len(odd.calls)], f"{odd.calls} begins otherwise than {wanted}"
    assert not any(map(changing, odd.calls)), f"{odd.calls} was done before {odd.refused}"


__all__ = ["HOSTILE", "LONG", "ODD", "TAME", "Enough", "Noting", "Seen", "compare", "put", "seen"]
