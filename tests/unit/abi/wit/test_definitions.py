from __future__ import annotations

from perry_ffi.abi.wit.definitions import Definition, Part, comment, names_in, option


def test_a_record() -> None:
    parts = (Part("from", "string", "Where it comes from."), Part("size", "option<u64>"))
    assert Definition("record", "thing", "A thing.\nOf two lines.", parts).text() == (
        "/// A thing.\n/// Of two lines.\nrecord thing {\n  /// Where it comes from.\n  %from: string,\n  size: option<u64>,\n}\n"
    )


def test_a_choice_with_values_and_one_without() -> None:
    assert Definition("variant", "value", parts=(Part("text", "string"), Part("none"))).text() == (
        "variant value {\n  text(string),\n  none,\n}\n"
    )
    assert Definition("enum", "use", parts=(Part("type"),)).text() == "enum %use {\n  %type,\n}\n"


def test_another_name() -> None:
    assert Definition("type", "json", "Any.", type="string").text() == "/// Any.\ntype json = string;\n"


def test_a_comment_is_broken_between_words_only() -> None:
    word = "x" * 200
    assert comment(f"one {word} two", "  ") == f"  /// one\n  /// {word}\n  /// two\n"
    assert comment("", "  ") == ""


def test_an_option_of_an_option_is_one() -> None:
    assert option("string") == "option<string>" == option("option<string>")


def test_names_in_types() -> None:
    assert names_in(["result<option<list<health-check>>, container-error>", ""]) >= {"health-check", "container-error"}
