"""Tests by the runtime on which they ran, from what pytest reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.counts import counted, main, runtime

JUNIT = """<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="c" name="test_a[nerdctl]"/><testcase classname="c" name="test_a[docker]"><failure>x</failure></testcase>
<testcase classname="c" name="test_a[apple/container]"><skipped message="no"/></testcase><testcase classname="c" name="test_b"/>
</testsuite></testsuites>"""
PRINTED = """PASSED tests/contract/test_x.py::test_a[nerdctl]
PASSED tests/contract/test_x.py::test_a[rancher-desktop-1]
FAILED tests/contract/test_x.py::test_b[podman@trixie] - AssertionError: [docker]
SKIPPED [1] tests/contract/conftest.py:3: no
1 failed, 2 passed"""


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_a[docker]", "docker"), ("test_a[x-podman-3]", "podman"), ("test_a[apple-1]", "apple/container"), ("test_a", "none"),
        ("test_a[docker@trixie]", "docker"), ("test_a[dockerish]", "none"), ("t[rancher-desktop-a]", "rancher-desktop"),
    ],
)  # fmt: skip
def test_the_runtime_of_a_test(test: str, expected: str) -> None:
    assert runtime(test) == expected


def test_tests_are_counted_by_runtime() -> None:
    found = {name: dict(of) for name, of in counted([JUNIT, PRINTED]).items()}
    assert found == {
        "apple/container": {"skipped": 1}, "rancher-desktop": {"passed": 1}, "podman": {"failed": 1}, "nerdctl": {"passed": 2},
        "docker": {"failed": 1}, "none": {"passed": 1},
    }  # fmt: skip


def test_a_table_of_a_file_and_what_is_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    report.write_text(JUNIT)
    assert main([str(report)]) == 0
    assert "| nerdctl | 1 | 0 | 0 |" in capsys.readouterr().out
    report.write_text("nothing")
    assert main([str(report)]) == 1 and "no test is in it" in capsys.readouterr().err
    assert main([]) == 2
