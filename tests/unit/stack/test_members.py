"""What a label tells of the members that a container was made from."""

from __future__ import annotations

import json
from typing import Any

from perry_ffi.stack.members import BOUND, WHOLE, changed, member_label, members


def parts(tree: dict[str, Any], *contents: tuple[str, str]) -> dict[str, Any]:
    return members(tree, contents, {"back": "p_back"}, {"data": "p_data"})


def test_members_are_paths() -> None:
    found = parts({
        "image": "i", "environment": {"A": "1", "B": None}, "depends_on": {"x": {}}, "networks": {"back": {}}, "command": None,
        "ports": [], "volumes": [{"type": "volume", "source": "data", "target": "/d"}], "x-more": 1, "scale": 2,
    }, ("/run/secrets/s", "digest"))  # fmt: skip
    assert found.keys() >= {"image", "environment.A", "environment.B", "networks.p_back", "volumes", "contents./run/secrets/s"}
    assert not found.keys() & {"depends_on.x", "command", "ports", "scale"} and found["volumes"][0]["source"] == "p_data"


def test_what_changed_came_and_went() -> None:
    before = parts({"image": "i", "environment": {"A": "1", "GONE": "g"}}, ("/c", "one"))
    now = parts({"image": "i", "environment": {"A": "2", "NEW": "n"}}, ("/c", "two"))
    assert changed(member_label(before), now) == {
        "contents./c": "changed", "environment.A": "changed", "environment.GONE": "removed", "environment.NEW": "added",
    }  # fmt: skip
    assert changed(member_label(before), before) == {}


def test_the_order_that_means_nothing_is_no_change() -> None:
    before, now = parts({"cap_add": ["A", "B"]}), parts({"cap_add": ["B", "A"]})
    assert changed(member_label(before), now) == {}


def test_a_label_that_would_be_too_long_has_names_alone() -> None:
    before = parts({"image": "i", "environment": {f"V{number}": "1" for number in range(400)}})
    label = member_label(before)
    assert len(label) <= BOUND and json.loads(label).keys() == {WHOLE, "image", "environment"}
    assert changed(label, {**before, "environment.V1": "2"}) == {"environment": "changed"}
    assert changed(label, {"image": "i"}) == {"environment": "removed"}
    assert member_label({f"member-{number}": 1 for number in range(400)}) == ""


def test_what_says_nothing() -> None:
    for label in ("", "{}", "[]", "nonsense", "1"):
        assert changed(label, parts({"image": "i"})) is None


def test_no_value_is_in_it() -> None:
    assert "swordfish" not in member_label(parts({"environment": {"A": "swordfish"}}))
