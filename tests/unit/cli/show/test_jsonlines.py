"""Progress for programs: the members of docker compose 5.7."""

from __future__ import annotations

import json
from typing import Any

from perry_ffi.cli.show.jsonlines import JsonLines
from tests.unit.cli.show.records import Record, Records, up_of_shop


def told(records: list[Record], progress: bool = True) -> list[dict[str, Any]]:
    lines: list[str] = []
    painter = JsonLines(progress, lines.append)
    for record in records:
        painter.heard(record)
    assert not any("\n" in line for line in lines)
    return [json.loads(line) for line in lines]


def test_an_up() -> None:
    rows = [(row["id"], row["status"], row["text"]) for row in told(up_of_shop())]
    assert rows == [
        ("Network shop_default", "Working", "Creating"),
        ("Network shop_default", "Done", "Created"),
        ("Container shop-db-1", "Working", "Creating"),
        ("Container shop-db-1", "Done", "Created"),
        ("Container shop-db-1", "Working", "Starting"),
        ("Container shop-db-1", "Done", "Started"),
        ("Container shop-db-1", "Working", "Waiting"),
        ("Container shop-db-1", "Working", "Waiting"),
        ("Container shop-db-1", "Done", "Healthy"),
        ("Container shop-api-1", "Working", "Starting"),
        ("Container shop-api-1", "Done", "Started"),
    ]


def test_what_stays_as_it_is() -> None:
    [row] = told([Records().record("kept", project="shop", container="shop-db-1", service="db")])
    assert row == {"id": "Container shop-db-1", "status": "Done", "text": "Running", "service": "db"}


def test_layers_of_a_pull() -> None:
    some = Records()
    [row] = told([some.pull("nginx:1", status="Downloading", id="abc", current=25, total=100)])
    assert row == {
        "id": "abc", "parent_id": "Image nginx:1", "status": "Working", "text": "Downloading", "current": 25, "total": 100,
        "percent": 25,
    }  # fmt: skip
    assert told([some.pull("nginx:1", status="Pull complete", id="abc")])[0]["status"] == "Done"


def test_what_failed() -> None:
    some = Records()
    [_, row] = told([
        some.step("started", "pull image", "nope:1", "web"),
        some.step("failed", "pull image", "nope:1", "web", error={"message": "manifest unknown"}),
    ])  # fmt: skip
    assert (row["id"], row["status"], row["text"], row["details"]) == ("Image nope:1", "Error", "Error", "manifest unknown")


def test_lines_of_a_build() -> None:
    some = Records()
    [row] = told([some.build("\x1b[91mStep 1/2 : FROM a\x1b[0m\n\n")])
    assert row == {"id": "Image shop-web", "status": "Working", "text": "Building", "details": "Step 1/2 : FROM a"}


def test_without_progress_only_warnings_are_told() -> None:
    some = Records()
    assert told([*up_of_shop(), some.record("warning", message="old", service="web")], progress=False) == [
        {"level": "warning", "msg": "old", "service": "web"}
    ]


def test_an_interrupted_command_says_what_was_put_back() -> None:
    some = Records()
    rows = told([some.record("rollback", state=state, cause="Cancelled") for state in ("started", "done")])
    assert [row["msg"] for row in rows] == ["putting back what was there", "everything is as it was"]
