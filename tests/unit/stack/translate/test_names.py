"""Names of containers, and the names that a service is found by."""

from __future__ import annotations

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.names import container_name, default_aliases


def test_names() -> None:
    project = {
        "name": "demo",
        "services": {"web": {"image": "bb"}, "db": {"build": {"context": "/c"}, "container_name": "data"}, "no": {}},
    }
    assert container_name(project, "web", 2) == "demo-web-2"
    assert container_name(project, "db", 1) == "data"
    assert image_name(project, "web") == "bb"
    assert image_name(project, "db") == "demo-db"
    assert default_aliases(project, "web", "demo-web-1") == ["demo-web-1", "web"]
    with pytest.raises(ValidationError, match=r"services\.no: expected an image or a build"):
        image_name(project, "no")
