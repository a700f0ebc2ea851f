from __future__ import annotations

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.stack.cluster.naming import checked_file_name, file_name, service_name


def test_a_service_is_called_by_its_project() -> None:
    assert service_name("shop", "api") == "shop_api"
    assert service_name("p", "x" * 61) == "p_" + "x" * 61


@pytest.mark.parametrize(("service", "about"), [("x" * 62, "63"), ("api.v2", "digits"), ("api-", "sign"), ("äpi", "digits")])
def test_a_name_that_is_none_of_dns(service: str, about: str) -> None:
    with pytest.raises(ValidationError, match=about) as caught:
        service_name("p", service)
    assert caught.value.details["path"] == f"services.{service}"
    assert caught.value.details["remedy"]


def test_a_file_is_called_by_its_content() -> None:
    assert file_name("p_token", "0123456789abcdef", "secrets.token") == "p_token_0123456789ab"
    assert file_name("x" * 52, "0123456789abcdef", "secrets.token") == "x" * 51 + "_0123456789ab"
    assert checked_file_name("a.b-c_d", "configs.a") == "a.b-c_d"


@pytest.mark.parametrize("base", ["a b", "_x", "ä"])
def test_a_file_that_cannot_be_called_so(base: str) -> None:
    with pytest.raises(ValidationError) as caught:
        file_name(base, "0123456789abcdef", "configs.c")
    assert caught.value.details["path"] == "configs.c"
