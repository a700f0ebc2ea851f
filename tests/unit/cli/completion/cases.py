"""Lines that every shell has to complete, in a folder with Compose files; each shell's test asks a real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.cli import table
from perry_ffi.cli.completion import places, script
from tests.support.shells import Shell, shell

FILES = {
    "compose.yaml": "services: {web: {image: nginx}, db: {image: 'x:${NOT_SET:?}'}, tool: {build: ., profiles: [dev]}}\n",
    "other file.yaml": "services: {one: {image: a}, two: {image: b, profiles: [x, 'y']}}\n",
    "wrong.yaml": "services: [\n",
    "evil.yaml": "services: {'a': {image: b, profiles: ['$(touch evil)']}}\n",
    "folder/inner.yaml": "services: {inner: {image: c}}\n",
}

PROGRAM = "perry-compose"
CASES: list[tuple[str, list[str]]] = [
    (f"{PROGRAM} doct", ["doctor"]),
    (f"{PROGRAM} -f other\\ file.yaml --profile=x", ["--profile=x"]),
    (f"{PROGRAM} up ", ["db", "tool", "web"]),
    (f"{PROGRAM} up --detach web t", ["tool"]),
    (f"{PROGRAM} up --remove-", ["--remove-orphans"]),
    (f"{PROGRAM} up --pull ", ["always", "build", "if_not_present", "missing", "never"]),
    (f"{PROGRAM} up --scale ", ["db=", "tool=", "web="]),
    (f"{PROGRAM} up --scale w", ["web="]),
    (f"{PROGRAM} up -dV w", ["web"]),
    (f"{PROGRAM} up -dt ", []),
    (f"{PROGRAM} up -dt 3 w", ["web"]),
    (f"{PROGRAM} -p up ps w", ["web"]),
    (f"{PROGRAM} --profile ", ["dev"]),
    (f"{PROGRAM} --profile=d", ["--profile=dev"]),
    (f"{PROGRAM} -f 'other file.yaml' up ", ["one", "two"]),
    (f"{PROGRAM} -f other\\ file.yaml --profile ", ["x", "y"]),
    (f"{PROGRAM} --file folder/inner.yaml logs -f ", ["inner"]),
    (f"{PROGRAM} --project-directory folder -f folder/inner.yaml up ", ["inner"]),
    (f"{PROGRAM} -f folder/inner.yaml -f compose.yaml up ", ["db", "inner", "tool", "web"]),
    (f"{PROGRAM} -f compose.ya", ["compose.yaml"]),
    (f"{PROGRAM} --project-directory fol", ["folder"]),
    (f"{PROGRAM} -f wrong.yaml up ", []),
    (f"{PROGRAM} -f none.yaml up ", []),
    (f"{PROGRAM} -f evil.yaml up ", ["a"]),
    (f"{PROGRAM} --ansi ", ["always", "auto", "never"]),
    (f"{PROGRAM} cp we", ["web:"]),
    (f"{PROGRAM} cp compose.y", ["compose.yaml"]),
    (f"{PROGRAM} cp compose.yaml to", ["tool:"]),
    (f"{PROGRAM} exec d", ["db"]),
    (f"{PROGRAM} run --rm -e A=b w", ["web"]),
    (f"{PROGRAM} trust ", ["check", "show"]),
    (f"{PROGRAM} trust show --format ", ["json", "table"]),
    (f"{PROGRAM} completion ", ["bash", "fish", "zsh"]),
]


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The shell that the module of the test is named after."""
    name = request.module.__name__.rpartition("_")[2]
    above = tmp_path_factory.mktemp(name)
    folder = above / "project"
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    script_of = above / "script"
    script_of.write_text(script(name))
    (above / "bin").mkdir()
    program = above / "bin" / PROGRAM
    program.write_text(f'#!/bin/sh\nPYTHONPATH={os.pathsep.join(sys.path)} exec {sys.executable} -P -m perry_ffi.cli "$@"\n')
    program.chmod(0o755)
    with shell(name, script_of, folder, {"PATH": f"{above}/bin:/usr/bin:/bin", "HOME": str(above)}) as made:
        yield made


def completed(opened: Shell, line: str) -> list[str]:
    """The words, as every shell would have them: bash leaves the end of a folder to the terminal, fish shows it."""
    words = sorted(word.rstrip("/") for word in opened.words(line))
    assert not (opened.folder / "evil").exists()
    return words


def paths_inside(name: str, folder: Path) -> None:
    """Of a path in a container what is behind the colon, whatever characters it has."""
    made = folder / "script"
    made.write_text(script(name))
    program = folder / PROGRAM
    program.write_text("#!/bin/sh\nprintf 'web:/a (b)\\t\\nweb:/dir/\\t\\n'\n")
    program.chmod(0o755)
    with shell(name, made, folder, {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}) as opened:
        assert completed(opened, f"{PROGRAM} cp web:/a") == ["web:/a (b)"]
        assert completed(opened, f"{PROGRAM} cp x web:/d") == ["web:/dir"]


def every_flag(opened: Shell) -> None:
    """Each place has the flags that its help shows, and no other."""
    for place in places():
        wanted = sorted(f"--{flag.name}" for flag in place.flags)
        said = completed(opened, f"{PROGRAM} {place.path} --".replace("  ", " "))
        assert sorted(word.rstrip("=") for word in said if word != "--") == wanted, place.path


def every_command(opened: Shell) -> None:
    wanted = sorted(place.path for place in places() if place.path and " " not in place.path)
    assert completed(opened, f"{PROGRAM} ") == wanted


def fixed_words(opened: Shell) -> None:
    """Whatever has fixed words offers them."""
    for place in places():
        for flag in place.flags:
            if flag.words and flag.kind != table.SWITCH:
                assert completed(opened, f"{PROGRAM} {place.path} --{flag.name} ".replace("  ", " ")) == sorted(flag.words)


def syntax(command: list[str], path: Path) -> str:
    """What a shell says of a script that it only reads."""
    return subprocess.run([*command, path], capture_output=True, text=True, check=False).stderr
