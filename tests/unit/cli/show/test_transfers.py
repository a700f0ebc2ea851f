"""Pulls summed over their layers, builds by their steps."""

from __future__ import annotations

import pytest

from perry_ffi.cli.show.transfers import Build, Transfer


def test_bytes_of_layers_are_summed() -> None:
    pull = Transfer()
    pull.add({"status": "Pulling from library/nginx", "id": "1.27"})
    pull.add({"status": "Downloading", "id": "a", "current": 1_000_000, "total": 4_000_000})
    pull.add({"status": "Downloading", "id": "b", "current": 2_000_000, "total": 6_000_000})
    assert (pull.current, pull.total, pull.text()) == (3_000_000, 10_000_000, "3.0 MB of 10.0 MB")
    pull.add({"status": "Download complete", "id": "a"})
    assert pull.text() == "6.0 MB of 10.0 MB"
    pull.add({"status": "Pull complete", "id": "a"})
    pull.add({"status": "Extracting", "id": "b", "current": 3, "total": 6})
    assert pull.text() == "10.0 MB, unpacking 1 of 2 layers"
    pull.add({"status": "Pull complete", "id": "b"})
    assert pull.text() == "2 of 2 layers"


def test_layers_of_which_nobody_counts_bytes() -> None:
    pull = Transfer()
    pull.add({"status": "Pulling fs layer", "id": "a"})
    pull.add({"status": "Already exists", "id": "b"})
    assert pull.text() == "1 of 2 layers"
    assert Transfer().text() == ""


@pytest.mark.parametrize(
    "line",
    [
        "Step 3/7 : RUN make",
        "STEP 3/7: RUN make",
        "[web 3/7] RUN make",
        "CACHED [3/7] RUN make",
        "\x1b[91mStep 3/7 : RUN make\x1b[0m",
    ],
)
def test_steps_of_every_builder(line: str) -> None:
    build = Build()
    build.add({"text": f"{line}\n"})
    assert build.text() == "step 3 of 7: RUN make"
    build.add({"text": "cc -c a.c\n\n"})
    assert (build.text(), build.said) == ("step 3 of 7: RUN make", "cc -c a.c")


def test_what_a_builder_keeps_books_of_is_not_said() -> None:
    build = Build()
    build.add({"text": "Step 3/7 : RUN make\ncc -c a.c\n"})
    build.add({"text": " ---> Running in d107b2f06a17\nRemoving intermediate container d107b2f06a17\n ---> 613eaf038c3f\n"})
    assert build.said == "cc -c a.c"


@pytest.mark.parametrize("line", ["Step by step", "[internal] load build context", "[", "Step 1/x : y", "[a ²/3] b", ""])
def test_what_is_no_step(line: str) -> None:
    build = Build()
    build.add({"text": line})
    assert build.text() == "" and build.said == line.strip()
