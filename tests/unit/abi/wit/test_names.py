from __future__ import annotations

import pytest

from perry_ffi.abi.wit.names import identifier, kebab


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("image", "image"),
        ("exitCode", "exit-code"),
        ("pull_policy", "pull-policy"),
        ("ContainerSpec", "container-spec"),
        ("ipv4_address", "ipv4-address"),
        ("ipv6Address", "ipv6-address"),
        ("enableIPv6", "enable-ipv6"),
        ("requireSCT", "require-sct"),
        ("issuerRegExp", "issuer-reg-exp"),
        ("utf-8", "utf8"),
        ("if_not_present", "if-not-present"),
        ("microVm", "micro-vm"),
        ("module_init", "module-init"),
    ],
)
def test_a_name_is_words_with_hyphens(name: str, expected: str) -> None:
    assert kebab(name) == expected
    assert kebab(expected) == expected


def test_a_keyword_is_marked() -> None:
    assert [identifier(name) for name in ("list", "from", "listing")] == ["%list", "%from", "listing"]
