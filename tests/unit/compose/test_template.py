"""Variables in one string."""

from __future__ import annotations

import pytest

from perry_ffi.compose.template import Substitution, TemplateError, variables

VALUES = {"A": "va", "E": "", "_x": "under", "D": "$A"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$A", "va"), ("${A}", "va"), ("$A$A", "vava"), ("$A-x", "va-x"), ("$_x", "under"), ("$E|", "|"),
        ("$$A", "$A"), ("$$$A", "$va"), ("$", "$"), ("a$", "a$"), ("$5", "$5"), ("$(A)", "$(A)"), ("$ A", "$ A"),
        ("${A:-d}", "va"), ("${E:-d}", "d"), ("${E-d}", ""), ("${N:-d}", "d"), ("${N-d}", "d"), ("${N:-}", ""),
        ("${A:+r}", "r"), ("${E:+r}", ""), ("${E+r}", "r"), ("${N+r}", ""), ("${A:?m}", "va"), ("${E?m}", ""),
        ("${N:-${A}}", "va"), ("${N:-${M:-${A}}}", "va"), ("${N:-a}b}", "ab}"), ("${N:-a{b}c}", "a{b}c"),
        ('${N:-{"k":"v"}}', '{"k":"v"}'), ("${N:-a:b-c?d+e}", "a:b-c?d+e"), ("${N-:-x}", ":-x"), ("${N:-$$x}", "$x"),
        ("${N:-x{y}", "x{y"), ("${A}${N:-q}${M-w}", "vaqw"), ("$D", "$A"), ("${N:-a} ${M:-b} c", "a b c"), ("$Aé", "vaé"),
    ],
)  # fmt: skip
def test_forms(template, text):
    assert Substitution(VALUES)(template) == text


@pytest.mark.parametrize(
    "template", ["${}", "${ A}", "${5}", "${A", "${A:-x", "${A!x}", "${A:x}", "${A:=x}", "${N:-a\nb}", "${N:-${}"]
)
def test_broken_forms_are_refused(template):
    with pytest.raises(TemplateError, match="is not a variable"):
        Substitution(VALUES)(template)


@pytest.mark.parametrize("template", ["${N:?why}", "${N?why}", "${E:?why}", "${A:-${N:?why}}"])
def test_a_required_variable_is_named_with_its_message(template):
    with pytest.raises(TemplateError, match=r"required variable [NE] is missing a value: why"):
        Substitution(VALUES)(template)


def test_the_message_does_not_show_values():
    with pytest.raises(TemplateError) as caught:
        Substitution({"SECRET": "hunter2"})("${N:?see $SECRET}")
    assert "hunter2" not in str(caught.value)


def test_missing_names_are_noted_once():
    substitute = Substitution({})
    substitute("$A ${A} ${B} ${C:-x}")
    assert list(substitute.missing) == ["A", "B"]


def test_variables_of_a_tree_are_described():
    found = variables({"a": ["${A:-d}", "$$N"], "b": "${R:?m} ${P:+p} $Q ${O:-${I-i}}"})
    assert {name: (row["required"], row["defaultvalue"], row["presencevalue"]) for name, row in found.items()} == {
        "A": (False, "d", ""),
        "R": (True, "", ""),
        "P": (False, "", "p"),
        "Q": (False, "", ""),
        "O": (False, "${I-i}", ""),
        "I": (False, "i", ""),
    }
