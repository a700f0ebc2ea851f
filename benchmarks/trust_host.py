"""One process that verifies images on an engine in memory, with evidence of them in the store, and says how long it took.

``first``: the first verification of the process, and then many. ``up``: 20 services that run, with and without a policy.
``late``: how late the loop comes to its turns while 32 images are verified. The evidence is keyless, with a log entry and a stamp
of the certificates' log, of which half is of cosign 2's format.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.compose import load_document
from perry_ffi.service import trust
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import up

SERVICES, IMAGES, ROUNDS = 20, 32, 100
REPOSITORY = "registry.example.com/acme/app"


def prepare(folder: Path) -> None:
    """The policy, the trusted root and the evidence of the images."""
    from perry_ffi.trust.store import EvidenceStore
    from tests.support.sigstore import Sigstore
    from tests.support.sigstore.signing import ISSUER, SUBJECT, Signer
    from tests.support.trusting import digest_of, signed

    sigstore = Sigstore()
    (folder / "root.json").write_bytes(sigstore.root_text())
    policy = {"trustedRoot": "root.json", "identities": [{"issuer": ISSUER, "subject": SUBJECT}]}
    (folder / "policy.json").write_text(json.dumps(policy))
    store, signer = EvidenceStore(folder / "store"), Signer(sigstore)
    for number in range(IMAGES):
        digest = digest_of(str(number))
        store.write(digest, [signed(signer, digest, old=number % 2 == 0, repository=REPOSITORY)])
        store.note_asked(digest, REPOSITORY)
    (folder / "digests.json").write_text(json.dumps([digest_of(str(number)) for number in range(IMAGES)]))


def client(folder: Path, *, policy: bool) -> Client:
    """A client of an engine in memory that has the images."""
    environ = {"HOME": str(folder), "PERRY_CONTAINER_TRUST_CACHE": str(folder / "store")}
    if policy:
        environ["PERRY_CONTAINER_TRUST_POLICY"] = str(folder / "policy.json")
    found, world = Client(environ), World()
    if not policy:
        found._settings = replace(found.settings, trust_policies=(folder / "none.json",))
    for number, digest in enumerate(json.loads((folder / "digests.json").read_text())):
        world.digests[world.make_image(f"{REPOSITORY}:{number}")] = [f"{REPOSITORY}@{digest}"]
    found._active = found._connected["fake"] = FakeBackend(world)
    return found


async def first(folder: Path) -> dict[str, Any]:
    one, rows = client(folder, policy=True), []
    for number in range(ROUNDS + 1):
        begun = time.perf_counter()
        found = await trust.verify_image(one, f"{REPOSITORY}:{number % IMAGES}", None)
        rows.append((time.perf_counter() - begun) * 1000)
        assert found.verified and found.source == "store"
    return {"first": rows[0], "warm": statistics.median(rows[1:]), "worst": max(rows[1:])}


async def both(folder: Path) -> dict[str, Any]:
    services = {f"s{number}": {"image": f"{REPOSITORY}:{number}"} for number in range(SERVICES)}
    project = load_document({"name": "p", "services": services}, env={}, working_directory="/")
    took: dict[bool, list[float]] = {True: [], False: []}
    contexts = {policy: replace(await stack_context(client(folder, policy=policy)), locks=folder / "locks") for policy in took}
    for context in contexts.values():
        await up(context, project, Up())
    for _ in range(15):
        for policy, context in contexts.items():
            begun = time.perf_counter()
            done = await up(context, project, Up())
            took[policy].append((time.perf_counter() - begun) * 1000)
            assert done.idle and len(done.steps) == (SERVICES if policy else 0)
    with_, without = statistics.median(took[True]), statistics.median(took[False])
    return {"with": with_, "without": without, "more": with_ - without}


async def late(folder: Path) -> dict[str, Any]:
    sys.setswitchinterval(0.00025)  # As ``interpreter.settle_in`` has it, where nobody else uses the interpreter.
    one = client(folder, policy=True)
    await trust.verify_image(one, f"{REPOSITORY}:0", None)
    rows, running = [], True

    async def tick() -> None:
        """How long each turn had to wait for the one before it. A timer would tell of its own grain, too: a loop's is a millisecond."""
        before = time.perf_counter()
        while running:
            await asyncio.sleep(0)
            now = time.perf_counter()
            rows.append((now - before) * 1000)
            before = now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    idle = max(rows)
    await asyncio.sleep(0)  # The look at the rows was a turn, too.
    rows.clear()
    begun = time.perf_counter()
    await asyncio.gather(*(trust.verify_image(one, f"{REPOSITORY}:{number}", None) for number in range(IMAGES)))
    took, running = (time.perf_counter() - begun) * 1000, False
    await ticking
    return {"idle": idle, "worst": max(rows), "p99": sorted(rows)[int(len(rows) * 0.99) - 1], "all": took, "turns": len(rows)}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(name)
        if sys.argv[1] == "prepare":
            prepare(folder)
            return
        work = {"first": first, "up": both, "late": late}[sys.argv[1]]
        print(json.dumps(asyncio.run(work(folder))))


if __name__ == "__main__":
    main()
