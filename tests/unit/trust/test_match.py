from __future__ import annotations

import pytest

from perry_ffi.trust.match import best, matches, weight


@pytest.mark.parametrize(
    ("pattern", "named", "others"),
    [
        ("docker.io/library/*", ["docker.io/library/alpine"], ["docker.io/library/a/b", "docker.io/acme/alpine", "docker.io/library"]),
        ("registry.example.com/acme/**", ["registry.example.com/acme/web", "registry.example.com/acme/a/b/c"],
         ["registry.example.com/acmeevil/web", "registry.example.com/other", "xregistry.example.com/acme/web"]),
        ("**", ["docker.io/library/alpine", "localhost:5000/a"], []),
        ("localhost:5000/**", ["localhost:5000/a", "localhost:5000/a/b"], ["localhost:50000/a", "localhost/a"]),
        ("localhost/**/web", ["localhost/web", "localhost/a/b/web"], ["localhost/a/webs", "localhost/webs", "localhost/a"]),
        ("localhost/we*", ["localhost/web", "localhost/we"], ["localhost/we/b", "localhost/w"]),
        ("localhost/a.b", ["localhost/a.b"], ["localhost/axb", "localhost/a.b/c"]),
        ("*/acme/web", ["docker.io/acme/web"], ["docker.io/x/acme/web"]),
    ],
)  # fmt: skip
def test_a_pattern_names_whole_repositories(pattern: str, named: list[str], others: list[str]) -> None:
    assert [name for name in named + others if matches(pattern, name)] == named


def test_the_longest_beginning_says_most_and_an_exact_name_more() -> None:
    rows = ["**", "localhost/**", "localhost/web*", "localhost/web"]
    weights = [weight(row).order for row in rows]
    assert weights == sorted(weights) and len(set(weights)) == 4
    found = best(("localhost/**", "**"), "localhost/web")
    assert found is not None and found.literal == len("localhost/")
    assert best(("localhost/**",), "docker.io/web") is None


def test_a_hostile_pattern_takes_no_time() -> None:
    pattern = "/".join(["**"] * 60) + "/x"
    assert not matches(pattern, "/".join(["a"] * 30))
