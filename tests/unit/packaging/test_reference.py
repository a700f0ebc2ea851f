"""docs/cli.md, and the comparison with docker compose that is in it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest

from perry_ffi.cli.commands import groups, known
from perry_ffi.cli.table import GLOBAL, INHERITED, SWITCH, Flag
from scripts.reference import differences, markdown, peer
from scripts.reference.examples import EXAMPLES
from tests.live.peer_stories import STORIES, UNTRIED, USAGE
from tests.support.command_line import parsed

VISIBLE = [one for listed in groups().values() for one in listed if not one.hidden]


def test_every_command_and_flag_of_docker_compose_is_offered_or_explained() -> None:
    left = [row for row in peer.rows() if row.state == peer.UNEXPLAINED and row.command not in differences.COMING]
    assert left == [], "write it, or its reason into scripts/reference/differences.py"
    assert [path for path, state, _ in peer.commands() if state == peer.UNEXPLAINED and path not in differences.COMING] == []


def test_what_is_explained_is_there() -> None:
    """No reason outlives what it is of."""
    rows = {(row.command, row.flag): row.state for row in peer.rows()}
    for key in differences.NOT_OFFERED:
        assert rows.get(key) == peer.ABSENT, key
        flags: tuple[Flag, ...] = peer.ours()[key[0]].flags if key[0] else GLOBAL
        assert key[1] not in [flag.name for flag in flags]
    assert [key for key in differences.DIFFERS if rows.get(key) != peer.DIFFERENT] == []
    assert [path for path in differences.COMMANDS if path and path not in {*peer.ours(), *differences.COMING}] == []


def test_a_flag_of_another_kind_or_letter_is_not_the_same() -> None:
    known = peer.ours()
    assert peer._judged("ps", "all", {"kind": "switch", "short": "a"}, known) == (peer.SAME, "")
    assert peer._judged("ps", "all", {"kind": "text", "short": "a"}, known) == (
        peer.UNEXPLAINED,
        "it is a switch and not a text",
    )
    assert peer._judged("ps", "all", {"kind": "switch"}, known) == (peer.UNEXPLAINED, "its letter is a and not none")
    assert peer._judged("ps", "nonsense", {"kind": "switch"}, known) == (peer.UNEXPLAINED, "it is not there")
    assert peer._judged("publish", "app", {"kind": "switch"}, known)[0] == peer.ABSENT


def test_the_document_has_every_command_and_flag() -> None:
    text = markdown.document(
        "".join(f"{marker}\n{markdown.END}\n" for marker in (markdown.LIST, markdown.COMMANDS, markdown.PEER))
    )
    for one in VISIBLE:
        assert f"#### {one.name}\n" in text
        for command in (one, *one.below):
            assert all(f"`--{flag.name}" in text for flag in command.flags if not flag.hidden)
    assert markdown.document(text) == text


def test_what_is_outside_the_markers_stays() -> None:
    text = f"by hand\n{markdown.LIST}\nold\n{markdown.END}\nalso by hand\n"
    made = markdown.document(text)
    assert made.startswith("by hand\n") and made.endswith("\nalso by hand\n") and "old" not in made
    assert markdown.document("by hand") == "by hand"


@pytest.mark.parametrize("one", VISIBLE, ids=lambda one: one.name)
def test_every_command_has_an_example(one: peer.Command) -> None:
    assert EXAMPLES.get(one.name), "scripts/reference/examples.py"


@pytest.mark.parametrize("line", [line for listed in EXAMPLES.values() for line, _ in listed])
def test_an_example_is_a_command_line(line: str) -> None:
    program, *words = shlex.split(line.split(" < ")[0])
    name = next(word for word in words if known(word) or word in differences.COMING or word in EXAMPLES)
    assert program == "perry-compose" and len(line) < 100
    if known(name):
        parsed(words)


def flags_of(words: list[str]) -> Iterator[tuple[str, str]]:
    """The flags that a command line has, each with its command."""
    path, left, flags = "", list(words), list(GLOBAL)
    while left:
        word = left.pop(0)
        if word == "--":
            return
        names = (
            [word[2:].partition("=")[0]]
            if word.startswith("--")
            else list(word[1:].partition("=")[0])
            if word.startswith("-")
            else []
        )
        for at, name in enumerate(names):
            flag = next((one for one in (*flags, *INHERITED) if name in (one.name, *one.also, one.short)), None)
            if flag is None:
                return
            yield path, name if len(name) > 1 else flag.name
            if flag.kind != SWITCH:
                if "=" not in word and at == len(names) - 1:
                    left.pop(0)
                break
        if not names and path and (path not in peer.ours() or not peer.ours()[path].mixed):
            return
        if not names and not path:
            path, flags = word, list(peer.ours()[word].flags) if word in peer.ours() else []


def test_every_flag_that_is_the_same_is_run_by_both_programs() -> None:
    """tests/live/test_cli_peer.py runs the steps."""
    said = [shlex.split(step.words) for story in STORIES.values() for step in story.steps if step.own != USAGE]
    tried = {key for words in said for key in flags_of(words) if not words[0].startswith("no")}
    wanted = {(row.command, row.flag) for row in peer.rows() if row.state == peer.SAME and row.command not in differences.COMING}
    assert wanted - tried - set(UNTRIED) == set()
    assert set(UNTRIED) & tried == set() and set(UNTRIED) <= {(row.command, row.flag) for row in peer.rows()}
    commands = {words[0] for words in said} | {command for command, _ in UNTRIED}
    assert {path for path, state, _ in peer.commands() if state != peer.ABSENT and path not in differences.COMING} <= commands
