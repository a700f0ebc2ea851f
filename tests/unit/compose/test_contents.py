"""Whose variables the secrets and configs of a project take: those of the file that declares them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.compose import load
from perry_ffi.errors import ValidationError
from tests.unit.compose.support import write

MAIN = "include: [sub/c.yaml]\n"
PART = """
services: {s: {image: x, secrets: [t], configs: [c], build: {context: ., secrets: [b]}}}
secrets: {t: {environment: T}, b: {environment: B}}
configs: {c: {environment: C}}
"""


def contents(folder: Any, files: dict[str, str], **env: str) -> dict[str, str]:
    write(folder, files)
    return dict(load(env=env, working_directory=folder).contents)


@pytest.mark.parametrize(
    ("main", "files"),
    [
        (MAIN, {"sub/.env": "T=t\nC=c\nB=b\n"}),
        ("include: [{path: sub/c.yaml, env_file: x.env}]\n", {"x.env": "T=t\nC=c\nB=b\n", "sub/.env": "T=no\n"}),
        ("include: [{path: sub/c.yaml, env_file: [x.env, y.env]}]\n", {"x.env": "T=no\nC=c\n", "y.env": "T=t\nB=b\n"}),
        ("include: [{path: sub/c.yaml, project_directory: pd}]\n", {"pd/.env": "T=t\nC=c\nB=b\n", "sub/.env": "T=no\n"}),
        ("include: [{path: [sub/c.yaml, o.yaml], env_file: x.env}]\n",
         {"x.env": "T=no\nO=t\nC=c\nB=b\n", "o.yaml": "secrets: {t: {environment: O}}\n"}),
        ("include: [outer/c.yaml]\n", {"outer/c.yaml": "include: [../sub/c.yaml]\n", "outer/.env": "T=t\nC=no\n", "sub/.env": "T=no\nC=c\nB=b\n",
         ".env": "C=c\n"}),
        (MAIN + "secrets: {t: {environment: T}}\n", {"sub/.env": "T=t\nC=c\nB=b\n"}),
        ("include: [sub/c.yaml, sub/d.yaml]\n", {"sub/.env": "T=t\nC=c\nB=b\n", "sub/d.yaml": "secrets: {t: {environment: T}}\n"}),
        (PART, {".env": "T=t\nC=c\nB=b\n"}),
    ],
    ids=["its .env", "env_file", "several", "its folder", "an override of it", "nested", "the includer too", "twice", "no include"],
)  # fmt: skip
def test_an_included_file_has_its_own_variables(tmp_path, main, files):
    found = contents(tmp_path, {"compose.yaml": main, "sub/c.yaml": PART, **files})
    assert found == {"secrets.t": "t", "secrets.b": "b", "configs.c": "c"}


def test_the_includers_variables_win(tmp_path):
    files = {"compose.yaml": MAIN, "sub/c.yaml": PART, "sub/.env": "T=sub\nC=sub\nB=sub\n", ".env": "C=main\n"}
    assert contents(tmp_path, files, B="caller") == {"secrets.t": "sub", "secrets.b": "caller", "configs.c": "main"}


def test_the_includer_has_not_the_variables_of_what_it_includes(tmp_path):
    main = MAIN + "services: {own: {image: x, secrets: [o], environment: [T]}}\nsecrets: {o: {environment: T}}\n"
    found = contents(tmp_path, {"compose.yaml": main, "sub/c.yaml": PART, "sub/.env": "T=sub\n"})
    assert found == {"secrets.t": "sub"}


def test_another_variable_is_another_value(tmp_path):
    """An override of the project's own changes what an included file declares."""
    files = {"compose.yaml": MAIN, "compose.override.yaml": "secrets: {t: {environment: O}}\n", "sub/c.yaml": PART,
             "sub/.env": "T=sub\nO=sub\n", ".env": "O=own\n"}  # fmt: skip
    assert contents(tmp_path, files) == {"secrets.t": "own"}


def test_a_base_from_another_folder_brings_no_variables(tmp_path):
    main = (
        "services: {own: {extends: {file: sub/c.yaml, service: s}}}\n"
        "secrets: {t: {environment: T}, b: {environment: B}}\nconfigs: {c: {content: x}}\n"
    )
    assert contents(tmp_path, {"compose.yaml": main, "sub/c.yaml": PART, "sub/.env": "T=sub\n", ".env": "B=own\n"}) == {
        "secrets.b": "own"
    }


def test_two_inclusions_that_differ_are_refused(tmp_path):
    files = {"compose.yaml": "include: [a/c.yaml, b/c.yaml]\n"}
    for name in "ab":
        files |= {f"{name}/c.yaml": f"services: {{{name}: {{image: x, secrets: [t]}}}}\nsecrets: {{t: {{environment: T}}}}\n"}
    assert contents(tmp_path, {**files, "a/.env": "T=secret\n"}) == {"secrets.t": "secret"}
    with pytest.raises(ValidationError, match=r"secrets\.t: .* variable T differs") as caught:
        contents(tmp_path, {**files, "a/.env": "T=secret-a\n", "b/.env": "T=secret-b\n"})
    assert "secret-" not in str(caught.value.to_dict())


def test_no_value_stands_in_the_model(tmp_path):
    write(tmp_path, {"compose.yaml": MAIN, "sub/c.yaml": PART, "sub/.env": "T=hidden\nC=hidden\nB=hidden\n"})
    project = load(env={}, working_directory=tmp_path)
    assert "hidden" not in str(project.to_dict()) + str(project.to_spec()) + repr(project)
