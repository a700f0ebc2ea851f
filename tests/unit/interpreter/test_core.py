"""pydantic-core without the Python around it."""

from __future__ import annotations

from tests.unit.interpreter.support import run

ALONE = "import sys\nfrom perry_ffi.interpreter.core import take_core_alone\n"


def test_what_is_asked_of_the_package_is_its_module_s() -> None:
    what = """
take_core_alone()
import pydantic_core
print("pydantic_core._pydantic_core" in sys.modules)
from pydantic_core import SchemaValidator, ValidationError
print(SchemaValidator({"type": "int"}).validate_python("5"), issubclass(ValidationError, ValueError))
"""
    assert run(ALONE + what) == "False\n5 True\n"


def test_what_it_does_not_have_is_missed_as_anywhere() -> None:
    what = """
take_core_alone()
import pydantic_core
print(hasattr(pydantic_core, "nonsense"), hasattr(pydantic_core, "__all__"))
from pydantic_core import core_schema
print(core_schema.int_schema())
"""
    assert run(ALONE + what) == "False False\n{'type': 'int'}\n"


def test_models_are_written() -> None:
    """For that the module asks the package for a value that is none."""
    what = """
take_core_alone()
from pydantic_core import SchemaSerializer
members = {"a": {"type": "model-field", "schema": {"type": "nullable", "schema": {"type": "int"}}}}
fields = {"type": "model-fields", "fields": members}
class One:
    __slots__ = "__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"
one = One()
one.a, one.__pydantic_fields_set__, one.__pydantic_extra__, one.__pydantic_private__ = 1, {"a"}, None, None
print(SchemaSerializer({"type": "model", "cls": One, "schema": fields}).to_python(one))
"""
    assert run(ALONE + what) == "{'a': 1}\n"


def test_one_that_is_there_stays() -> None:
    what = "import pydantic_core\ntake_core_alone()\nprint('__all__' in vars(sys.modules['pydantic_core']))\n"
    assert run(ALONE + what) == "True\n"


def test_where_it_is_not_there_nothing_is_put_in_its_place() -> None:
    assert (
        run(
            "import sys\nsys.path.pop()\n"
            + ALONE
            + "sys.meta_path.clear()\ntake_core_alone()\nprint('pydantic_core' in sys.modules)\n"
        )
        == "False\n"
    )
