"""What compiles text finds it in the tables, and makes the same of it with and without."""

from __future__ import annotations

import marshal
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.interpreter.compiling import _look_first
from perry_ffi.interpreter.tables import NAME, Tables, read, written
from tests.unit.interpreter.support import ROOT, SITE, run

STORED = SITE / "perry_ffi/interpreter" / NAME

# What a program does with everything that looks into the tables.
USES = """
import collections, dataclasses, re, typing
Point = collections.namedtuple("Point", "x y", defaults=[5])
@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Box:
    size: int
    names: "list[str]" = dataclasses.field(default_factory=list)
print(Point(1), Point(1)._replace(x=2), Box(3), Box(3) < Box(4), hash(Box(1, ())) == hash(Box(1, ())))
print(typing.get_type_hints(Box), Box.__init__.__annotations__)
print(re.findall(r"(?P<word>\\w+) (?i:B)", "a b c d B"), re.compile(rb"[^\\x00]+?", re.S).groupindex, re.sub("(a)|b", "<\\\\1>", "ab"))
print(re.compile("(?P<n>a)(b)?", re.X | re.I).flags, re.match("(?P<n>a)(b)?", "ab", re.I).groupdict())
for wrong in ("typing.ForwardRef('1 +')", "re.compile('(')", "collections.namedtuple('a', 'def')"):
    try:
        eval(wrong)
    except Exception as error:
        print(type(error), error)
"""
COUNTED = """
from perry_ffi.interpreter import compiling
found, missed = compiling.usable(), []
found.missed = missed.append
compiling.put_in(found)
"""
NOTED = """
import sys
sys.argv[1:] = [sys.path[1]]
sys.path.insert(0, {scripts!r})
from make_tables import Noting
from perry_ffi.interpreter import tables, compiling
class Half(Noting):
    def code(self, *asked):
        found = super().code(*asked)
        return found if len(self.results) % 2 else None
made = Half()
compiling.put_in(made)
"""


def test_a_program_does_the_same_with_and_without() -> None:
    plain = run(USES)
    assert len(plain.splitlines()) == 7
    scripts = str(ROOT / "scripts")
    noted = run(NOTED.format(scripts=scripts) + USES)
    stored = run(COUNTED + USES, packages=SITE)
    assert noted == stored == plain


def test_a_program_does_the_same_with_tables_that_have_all_of_it(tmp_path: Path) -> None:
    target = tmp_path / NAME
    note = NOTED.format(scripts=str(ROOT / "scripts")).replace("len(self.results) % 2", "True")
    save = f"\nopen({str(target)!r}, 'wb').write(tables.written(made.results))"
    plain = run(note + USES + save)
    use = f"""
from perry_ffi.interpreter import compiling, tables
made = tables.read(open({str(target)!r}, "rb").read())
missed = []
made.missed = missed.append
compiling.put_in(made)
"""
    # What is wrong has no result that could be kept.
    assert run(use + USES + "\nprint(len(missed), missed)") == plain + "2 [('eval', '1 +', 0), ('pattern', '(', 0)]\n"


def test_the_models_are_the_same_with_them() -> None:
    """All tests of the models, in an interpreter that has the tables."""
    models = ROOT / "tests/unit/model"
    code = COUNTED + f"import pytest\nsys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', {str(models)!r}]))"
    begin = f"import sys; sys.path[:0] = [{str(SITE)!r}]\n"
    done = subprocess.run([sys.executable, "-c", begin + code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_what_is_stored_is_what_this_python_makes_of_it() -> None:
    """Every text of the tables that ``make build`` made."""
    found = read(STORED.read_bytes())
    assert found is not None and len(found._places) > 1000
    for start, end in found._places.values():
        (kind, text, flags), result = marshal.loads(found._data[start + 8 : end])
        if kind == "pattern":
            assert re._compiler._code(re._parser.parse(text, flags), flags) == result[1], text  # type: ignore[attr-defined]
        else:
            assert result == compile(text, "<string>", kind, dont_inherit=True), text


@pytest.mark.parametrize("text", ["x: missing.name = 1", "def f(a: b): ...\n"])
def test_a_text_does_not_come_under_the_future_of_this_module(text: str) -> None:
    exec, _, _ = _look_first(Tables({}, memoryview(b"")))
    with pytest.raises(NameError):
        exec(text, {})


def test_the_functions_are_those_of_python_where_there_is_nothing() -> None:
    exec, eval, compile = _look_first(Tables({}, memoryview(b"")))
    names: dict[str, Any] = {}
    exec("a = 1", names, None)
    exec(compile("b = a", "<string>", "exec"), names)
    assert (names["a"], names["b"], eval(" a + b", names), eval(compile("a", "<string>", "eval"), names)) == (1, 1, 2, 1)
    with pytest.raises(SyntaxError):
        compile(" a", "<string>", "eval")


def test_what_is_found_is_used() -> None:
    found = read(
        written({("eval", "1 + 1", 0): compile("3", "<string>", "eval"), ("exec", "a = 1", 0): compile("a = 2", "", "exec")})
    )
    assert found is not None
    exec, eval, compiled = _look_first(found)
    names: dict[str, Any] = {}
    exec("a = 1", names)
    assert (names["a"], eval("1 + 1", {}), eval(compiled("1 + 1", "<string>", "eval"), {})) == (2, 3, 3)
    assert eval(compiled("1 + 1", "other", "eval"), {}) == 2
    assert eval(compiled("1 + 1", "<string>", "eval", 0), {}) == 2
