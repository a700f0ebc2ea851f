"""What the static form tells of itself: every part, its licence and its texts, in the file and beside it."""

from __future__ import annotations

import ctypes
import json
import re
from pathlib import Path
from typing import Any

import pytest

from scripts.static.components import Component, spoken_licence
from scripts.static.crates import legal_texts, split_notices
from scripts.static.places import LOCK
from scripts.static.told import FILES, licences, parts, sbom


def component(folder: Path, name: str, texts: dict[str, str], within: str = "", **hashes: str) -> Component:
    place = folder / f"{name}{within}"
    place.mkdir()
    for file, text in texts.items():
        (place / file).write_text(text)
    return Component(name, "1.0", "MIT", f"pkg:cargo/{name}@1.0", tuple(legal_texts(place)), tuple(hashes.items()), within)


def test_a_text_that_many_have_is_there_once(tmp_path: Path) -> None:
    found = [
        component(tmp_path, "a", {"LICENSE": "Do what\nyou will.\n", "NOTICE": "Made by A."}),
        component(tmp_path, "b", {"COPYING.txt": "Do what you   will."}),
    ]
    text = licences(found)
    assert "\na 1.0: MIT [1, 2]\nb 1.0: MIT [1]\n" in text
    assert re.findall(r"======== \[(\d+)\]", text) == ["1", "2"]
    assert text.count("Do what") == 1 and text.endswith("Made by A.\n")


def test_of_licences_to_choose_from_the_one_not_chosen_is_left_out(tmp_path: Path) -> None:
    for name in ("LICENSE-APACHE", "LICENSE-GPLv2", "LICENSE-BUILDTOOLS", "UNLICENSE", "README", "src"):
        (tmp_path / name).touch()
    (tmp_path / "licenses").mkdir()
    (tmp_path / "licenses/LICENSE").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in legal_texts(tmp_path)] == [
        "LICENSE-APACHE",
        "UNLICENSE",
        "licenses/LICENSE",
    ]


def test_who_brought_what(tmp_path: Path) -> None:
    library = component(tmp_path, "library", {})
    found = [
        component(tmp_path, "module", {}, file="ab"),
        component(tmp_path, "crate", {}, "module", crate="cd"),
        component(tmp_path, "crate", {}, "other", crate="cd"),
        component(tmp_path, "other", {}, one="ef", two="01"),
    ]
    document = json.loads(sbom(library, found))
    by_name = {one["name"]: one for one in document["components"]}
    assert len(document["components"]) == len(by_name) == 3
    assert by_name["crate"]["hashes"] == [{"alg": "SHA-256", "content": "cd"}]
    assert by_name["other"]["properties"] == [{"name": "sha256", "value": "ef one"}, {"name": "sha256", "value": "01 two"}]
    needs = {row["ref"]: row["dependsOn"] for row in document["dependencies"]}
    assert needs[library.purl] == ["pkg:cargo/module@1.0", "pkg:cargo/other@1.0"]
    assert needs["pkg:cargo/module@1.0"] == needs["pkg:cargo/other@1.0"] == ["pkg:cargo/crate@1.0"]
    assert sbom(library, found) == sbom(library, found) != sbom(library, found[:1])
    assert [row["name"] for row in json.loads(parts(found))] == ["module", "crate", "other"]


def test_a_distribution_says_its_licence() -> None:
    assert spoken_licence("Name: a\nLicense-Expression: BSD-3-Clause\n\nText") == "BSD-3-Clause"
    assert spoken_licence("Name: a\nLicense: The MIT License (MIT)\n        \n        Copyright\n\nText") == "MIT"
    with pytest.raises(SystemExit, match="a does not say its licence: ask me"):
        spoken_licence("Name: a\nLicense: ask me\n\nText")


def test_a_page_of_notices_is_taken_apart() -> None:
    page = "<h1>Notices</h1><p>One &amp; all</p><pre>The text\n</pre>\n\n\n<b>b</b><pre>The  text</pre><pre>Another</pre>"
    assert split_notices(page) == ["NoticesOne & all\n\nb\n", "The text\n", "Another\n"]


# -- the shared object ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(static_library: Path) -> dict[str, str | None]:
    config = ctypes.CDLL(str(static_library)).perry_container_config
    config.restype = ctypes.c_char_p
    words = {name: config(name.encode()) for name in ("form", "python", *FILES, "other")}
    assert config(None) is None
    return {name: word and word.decode() for name, word in words.items()}


@pytest.mark.abi
def test_it_says_what_it_is(told: dict[str, str | None]) -> None:
    assert told["form"] == "static"
    assert str(told["python"]) in LOCK["debian"]["python3.13"]["version"]
    assert told["other"] is None


@pytest.mark.abi
def test_all_that_is_pinned_and_linked_is_a_part(told: dict[str, Any]) -> None:
    rows = json.loads(told["parts"])
    versions = {row["name"]: row["version"] for row in rows}
    for kind in ("debian", "sdists", "wheels"):
        for name, row in LOCK[kind].items():
            assert versions[name.lower().replace("_", "-")] == row["version"]
    assert {"pyo3", "openssl-sys", "jiter", "rust-std", "ziglang", "perry-container"} <= set(versions)
    assert all(row["licence"] for row in rows)


@pytest.mark.abi
def test_the_bill_of_materials_has_the_hashes_of_what_was_fetched(told: dict[str, Any]) -> None:
    document = json.loads(told["sbom"])
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    hashed = {one["name"]: json.dumps([one.get("hashes"), one.get("properties")]) for one in document["components"]}
    for row in (*LOCK["debian"].items(), *LOCK["sdists"].items(), *LOCK["wheels"].items()):
        files = row[1].get("files", {}).values() or row[1]["sha256"]
        assert all(sha256 in hashed[row[0].lower().replace("_", "-")] for sha256 in files), row[0]
    assert [name for name, text in hashed.items() if not re.search("[0-9a-f]{64}", text)] == ["rust-std"]
    known = {one["bom-ref"] for one in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    for row in document["dependencies"]:
        assert {row["ref"], *row["dependsOn"]} <= known
    names = {(row["name"], row["version"]) for row in json.loads(told["parts"])}
    assert names == {(one["name"], one["version"]) for one in (*document["components"], document["metadata"]["component"])}


@pytest.mark.abi
def test_each_part_has_the_texts_of_its_licence(told: dict[str, Any]) -> None:
    head, *texts = re.split(r"\n\n======== \[\d+\]\n\n", told["licences"])
    rows = dict(re.findall(r"^(\S+ \S+): .* \[(\d[\d, ]*)\]$", head, re.M))
    assert sorted(rows) == sorted(f"{row['name']} {row['version']}" for row in json.loads(told["parts"]))
    used = {int(number) for numbers in rows.values() for number in numbers.split(", ")}
    assert used == set(range(1, len(texts) + 1))
    for words in ("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "Anthony Green", "LLVM Exceptions"):
        assert words in told["licences"]


@pytest.mark.abi
def test_the_same_lies_beside_it(static_library: Path, told: dict[str, Any]) -> None:
    for name in ("licences", "sbom"):
        assert (static_library.parent / FILES[name]).read_text() == told[name]
