"""The example of a hardened run, compiled as its reader would, on both engines."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.private import Engine
from tests.examples.test_demo import environ


def test_it_prints_what_is_told_and_leaves_nothing(compiled: Callable[[str], Path], engine: Engine) -> None:
    before = image.objects(engine.socket)
    ident = json.loads(ask(engine.socket, "GET", f"/v1.41/images/{image.IMAGE}/json")[1])["Id"]
    ident = ident if ident.startswith("sha256:") else f"sha256:{ident}"
    spec = {"image": image.IMAGE, "cmd": ["sh", "-c", "id -u; exit 5"], "verify": {"id": ident}}
    program, variables = compiled("sandbox.c"), environ(engine)
    done = subprocess.run([program, json.dumps(spec)], env=variables, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    told = json.loads(done.stdout)
    assert (told["stdout"], told["exitCode"], told["digest"]) == ("65534\n", 5, ident)
    del spec["verify"]
    refused = subprocess.run([program, json.dumps(spec)], env=variables, capture_output=True, text=True, timeout=120)
    assert refused.returncode == 1 and json.loads(refused.stderr)["reason"] == "noPolicy"
    assert image.objects(engine.socket) == before
