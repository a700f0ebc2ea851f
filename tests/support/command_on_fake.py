"""``perry-compose`` in this process, on an engine in memory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.cli.main import main
from perry_ffi.service.client import Client

IMAGE = "app"


class Program:
    """In a folder with a Compose file. behave: what containers do, by service."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        self.behave: dict[str, Behaviour] = {}
        self.world = World(lambda box: self.behave.get(box.spec.labels.get("com.docker.compose.service", ""), Behaviour()))
        self.world.make_image(IMAGE)
        self.backend = FakeBackend(self.world)
        self.err = ""
        for name in list(os.environ):
            if name.startswith(("PERRY_", "DOCKER_", "CONTAINER_", "XDG_", "COMPOSE_")):
                monkeypatch.delenv(name)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.chdir(folder)
        self.use(self.backend)

    def use(self, backend: FakeBackend) -> None:
        """Has the program find this engine from now on."""
        self.backend = backend

        async def found(client: Client) -> FakeBackend:
            client._active = backend
            return backend

        self._monkeypatch.setattr(Client, "backend", found)

    def file(self, services: dict[str, Any], name: str = "compose.yaml", **sections: Any) -> None:
        filled = {key: row if "build" in row else {"image": IMAGE, **row} for key, row in services.items()}
        (self.folder / name).write_text(json.dumps({"name": "p", "services": filled, **sections}))

    def run(self, *words: str, status: int = 0) -> str:
        """What it says on standard output; what it says on standard error is ``err``."""
        self._capsys.readouterr()
        ended = main(list(words))
        said = self._capsys.readouterr()
        self.err = said.err
        assert ended == status, (words, ended, said.out, said.err)
        return said.out

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, status=status))
