"""Text that Swarm would read as a template."""

from __future__ import annotations

import pytest

from perry_ffi.backends.engine_api.swarm.escape import escaped, escaped_values, variables


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain", "plain"),
        ("{{.Node.Hostname}}", '{{"{{"}}.Node.Hostname}}'),
        ("a }} b", "a }} b"),
        ("{{{{", '{{"{{"}}{{"{{"}}'),
        ("{ {", "{ {"),
        ("{{{", '{{"{{"}}{'),
    ],
)
def test_what_opens_a_template_is_said_as_text(text: str, said: str) -> None:
    assert escaped(text) == said


def test_only_values_of_variables_are_templates() -> None:
    assert variables({"A{{": "{{x", "B": "=c"}, ["D"]) == ['A{{={{"{{"}}x', "B==c", "D"]
    assert escaped_values({"{{": "{{"}) == {"{{": '{{"{{"}}'}
