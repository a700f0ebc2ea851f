"""What nerdctl answers to calls that move and build images: ``python -m tests.engines.nerdctl.transfers`` asks the one on PATH.

They need a registry, which is Debian's, and BuildKit: what stands in for nerdctl has neither. Recorded are the exit codes and the
words by which a driver tells one failure from another; how far a transfer or a build has come is left out.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.engines import image
from tests.engines.nerdctl.record import Answer, load, log_lines, without_changes
from tests.engines.private import HTPASSWD, PASSWORD, USER
from tests.support.registry_program import registry_program

ANSWERS = Path(__file__).parent / "recorded" / "transfers.json"
_BOUND = 120
_TOLD = ("fatal: ", "error: ", "warning: ")
"""How lines begin that are more than how far it has come."""
_DOCKERFILES = {
    "good": f"FROM {image.IMAGE}\nARG A=1\nRUN echo $A >/a\n",
    "again": "FROM base\nRUN test -e /a\n",
    "step": f"FROM {image.IMAGE}\nRUN echo image x already exists, not found; exit 7\n",
    "absent": "FROM REGISTRY/missing:1\n",
    "unread": "FRM x\n",
}  # fmt: skip
CALLS = f"""
tag {image.IMAGE} REGISTRY/x:1
push REGISTRY/x:1
pull REGISTRY/x:1
'wrong' | login --username={USER} --password-stdin REGISTRY
'{PASSWORD}' | login --username={USER} --password-stdin REGISTRY
push REGISTRY/missing:1
push REGISTRY/x:1
rmi REGISTRY/x:1
pull REGISTRY/x:1
pull REGISTRY/x:2
pull REGISTRY/missing:1
pull --platform=linux/arm64 REGISTRY/x:1
pull 127.0.0.1:1/x:1
save --output=FOLDER/saved.tar REGISTRY/x:1
save --output=FOLDER/other.tar REGISTRY/missing:1
rmi REGISTRY/x:1
load --input=FOLDER/saved.tar
image inspect --mode=dockercompat REGISTRY/x:1
load --input=FOLDER/missing.tar
'no image' | load
build --progress=plain --file=FOLDER/good/Dockerfile --tag=REGISTRY/built:1 --build-arg=A=2 --label=l=1 FOLDER/good
image inspect --mode=dockercompat REGISTRY/built:1
build --progress=plain --file=FOLDER/again/Dockerfile --tag=REGISTRY/built:2 --build-context=base=docker-image://REGISTRY/built:1 FOLDER/again
build --progress=plain --file=FOLDER/step/Dockerfile --tag=REGISTRY/built:3 FOLDER/step
build --progress=plain --file=FOLDER/unread/Dockerfile --tag=REGISTRY/built:3 FOLDER/unread
build --progress=plain --file=FOLDER/absent/Dockerfile --tag=REGISTRY/built:3 FOLDER/absent
build --progress=plain --file=FOLDER/good/missing --tag=REGISTRY/built:3 FOLDER/good
build --progress=plain --file=FOLDER/good/Dockerfile --tag=REGISTRY/built:3 --target=nowhere FOLDER/good
logout REGISTRY
rmi REGISTRY/x:1 REGISTRY/built:1 REGISTRY/built:2
"""


def answers(program: str, env: Mapping[str, str]) -> Iterator[Answer]:
    """Makes the calls on a program that has the image of the tests, with a registry of their own."""
    with tempfile.TemporaryDirectory(prefix="perry-transfers-") as name:
        folder = Path(name)
        (folder / "htpasswd").write_text(HTPASSWD)
        for context in _DOCKERFILES:
            (folder / context).mkdir()
        lock = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
        with registry_program(folder, auth=lock) as registry:
            for context, text in _DOCKERFILES.items():
                (folder / context / "Dockerfile").write_text(text.replace("REGISTRY", registry))
            given = {**env, "DOCKER_CONFIG": str(folder / "docker")}
            for line in filter(None, CALLS.splitlines()):
                yield _answer(program, line, given, {"REGISTRY": registry, "FOLDER": str(folder)})


def _answer(program: str, line: str, env: Mapping[str, str], names: Mapping[str, str]) -> Answer:
    given, _, words = line.rpartition(" | ")
    argv = shlex.split(words)
    real = [_replaced(word, names) for word in argv]
    stdin = "".join(shlex.split(given)).encode()
    said = subprocess.run([program, *real], input=stdin, capture_output=True, timeout=_BOUND, env=env)
    back = {text: name for name, text in names.items()}
    errors = [_replaced(text, back) for text in log_lines(said.stderr)]
    return Answer(argv, said.returncode, _read(argv, said.stdout), [text for text in errors if text.startswith(_TOLD)])


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def _read(argv: list[str], said: bytes) -> Any:
    """Of an image what is the same in each run."""
    if argv[0] != "image" or not said.strip():
        return []
    found = json.loads(said)[0]
    return [without_changes({"Id": found["Id"], "Cmd": found["Config"]["Cmd"], "Labels": found["Config"].get("Labels")})]


def main() -> None:
    """Records the answers of the nerdctl on PATH."""
    program = shutil.which("nerdctl") or sys.exit("no nerdctl is on PATH")
    load(program, os.environ)
    found = [json.dumps(asdict(answer), sort_keys=True) for answer in answers(program, os.environ)]
    ANSWERS.write_text("[\n" + ",\n".join(found) + "\n]\n")
    print(f"{len(found)} answers in {ANSWERS}")


if __name__ == "__main__":
    main()
