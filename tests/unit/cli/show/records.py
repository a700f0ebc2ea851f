"""Records as the event bus tells them, for painters."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]


class Records:
    """Makes records, a tenth of a second after each other unless told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def record(self, kind: str, after: float = 0.1, **members: Any) -> Record:
        self.now += after
        return {"version": 1, "seq": 1, "time": self.now, "kind": kind, **{k: v for k, v in members.items() if v is not None}}

    def verb(self, state: str, verb: str = "up", **more: Any) -> Record:
        return self.record("verb", state=state, verb=verb, project="shop", **more)

    def step(self, state: str, action: str, target: str, service: str | None = None, number: int = 1, **more: Any) -> Record:
        return self.record("step", state=state, step=number, action=action, target=target, service=service, **more)

    def wait(self, state: str, service: str = "db", condition: str = "healthy", **more: Any) -> Record:
        return self.record("wait", state=state, service=service, container=f"shop-{service}-1", condition=condition, **more)

    def pull(self, image: str, service: str = "db", **detail: Any) -> Record:
        return self.record("progress", operation="pull", target=image, service=service, detail=detail)

    def build(self, text: str, image: str = "shop-web", service: str = "web") -> Record:
        return self.record("progress", operation="build", target=image, service=service, detail={"text": text})


def up_of_shop() -> list[Record]:
    """A database that is waited for, and what waits for it."""
    some = Records()
    wait = {"number": 3, "condition": "healthy", "waitedBy": ["api"]}
    return [
        some.verb("started"),
        some.step("started", "create network", "shop_default", number=9),
        some.step("done", "create network", "shop_default", number=9),
        some.step("started", "create container", "shop-db-1", "db", 1),
        some.step("done", "create container", "shop-db-1", "db", 1),
        some.step("started", "start container", "shop-db-1", "db", 2),
        some.step("done", "start container", "shop-db-1", "db", 2),
        some.step("started", "wait", "db healthy", "db", **wait),
        some.wait("started"),
        some.wait("waiting", after=3.0, log="recovering", probe={"exitCode": 1, "output": "refused", "failed": 2, "retries": 5}),
        some.wait("done", after=1.0, seconds=4.0),
        some.step("done", "wait", "db healthy", "db", **wait),
        some.step("started", "start container", "shop-api-1", "api", 4),
        some.step("done", "start container", "shop-api-1", "api", 4),
        some.verb("done", published={"api": ["0.0.0.0:18080->80/tcp"]}),
    ]
