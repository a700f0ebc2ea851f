"""PyYAML's parser in C without the Python around it."""

from __future__ import annotations

import json

from tests.unit.interpreter.support import run

ALONE = "import sys\nfrom perry_ffi.interpreter.yaml_parser import take_parser_alone\n"
DOCUMENTS = (
    "a: [1, '2', &x {b: c}, *x]\n", "a: 1\n---\nb: |\n  text\n", "", "a: [1\nb: }", "a: *nowhere\n", "a: 'never ends", "\tb: 1\n",
    "a:\t1\n  b: 2\n", "a: \x01\n", "%YAML 1.2\n---\na: 1\n", "a: !!str 1\n? b\n: c\n", "{" * 200,
)  # fmt: skip
READ = f"""
import json
from perry_ffi.compose.reader import read_documents
from perry_ffi.errors import ValidationError
def told(text):
    try:
        return [repr(one.value) for one in read_documents(text)]
    except ValidationError as error:
        return [error.message, error.details]
print(json.dumps([told(text) for text in {DOCUMENTS!r}] + [told(b"a: \\xff"), told("a: \\ud800")]))
"""


def test_files_are_read_and_refused_as_with_all_of_it() -> None:
    alone = json.loads(run(ALONE + "take_parser_alone()\n" + READ))
    assert alone == json.loads(run(READ)) and sum(len(one) == 2 for one in alone) > 5


def test_nothing_else_of_it_is_loaded() -> None:
    what = """
take_parser_alone()
import perry_ffi.compose
print(sorted(name for name, module in sys.modules.items() if name[:5] == "yaml." and hasattr(module, "__file__")))
"""
    parts = ["yaml._yaml", "yaml.error", "yaml.events", "yaml.nodes", "yaml.tokens"]
    assert run(ALONE + what) == f"{parts}\n"


def test_what_it_does_not_have_is_missed_as_anywhere() -> None:
    what = "take_parser_alone()\nimport yaml\nprint(hasattr(yaml, 'nonsense'), hasattr(yaml, '__all__'), hasattr(yaml.reader, 'Reader'))"
    assert run(ALONE + what) == "False False False\n"


def test_one_that_is_there_stays() -> None:
    assert run("import yaml\n" + ALONE + "take_parser_alone()\nprint(hasattr(sys.modules['yaml'], 'safe_load'))") == "True\n"


def test_without_a_parser_in_c_it_is_used_as_ever() -> None:
    what = """
from perry_ffi.interpreter import yaml_parser
yaml_parser._PARSER = "yaml._nosuch"
take_parser_alone()
print("yaml" in sys.modules)
"""
    assert run(ALONE + what) == "False\n"
