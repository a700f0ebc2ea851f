"""What a program, a spec or a file says about the signatures that images must have."""

import re
from typing import Annotated, Any, Literal, Self

from perry_ffi.model import container_values as own
from perry_ffi.model import values
from perry_ffi.model.base import Field, Model, Text, contradiction, model_validator, parsed

MAX_PATTERN = 512
"""Characters of the longest regular expression."""

Mode = Literal["enforce", "warn"]
_DIGEST = r"sha256:[0-9a-f]{64}\Z"


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not re.match(_DIGEST, value):
        values.bad("sha256: and 64 hex digits", value)
    return str(value)


def _age(value: Any) -> float:
    """Seconds, a duration, or days (``30d``)."""
    days = re.match(r"([0-9]{1,5})d\Z", value) if isinstance(value, str) else None
    return int(days[1]) * 86_400.0 if days else own.wait_seconds(value)


def _pattern(value: Any) -> str:
    """A regular expression for a whole text. One that takes everything is none: who is trusted has to be said."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_PATTERN:
        values.bad(f"a regular expression of at most {MAX_PATTERN} characters")
    try:
        found = re.compile(value)
    except re.error as error:
        values.bad(f"a regular expression ({error})", value)
    if all(found.fullmatch(text) for text in ("", "a", "https://example.com/a@b?c#d", "\x7f")):
        values.bad("a regular expression that does not match every text", value)
    return str(value)


_IMAGE_SEGMENT = r"(?:\*\*|[a-z0-9*._:\[\]-]+)"
_IMAGE_PATTERN = rf"{_IMAGE_SEGMENT}(?:/{_IMAGE_SEGMENT})*\Z"


def image_pattern(value: Any) -> str:
    """``registry.example.com/team/*``, ``localhost:5000/**``, ``**``."""
    if not isinstance(value, str) or len(value) > MAX_PATTERN or not re.match(_IMAGE_PATTERN, value):
        values.bad("registry and path with * and **, such as registry.example.com/team/**, without a tag", value)
    return str(value)


class VerifyIdentity(Model):
    """Who signed, as a certificate says it. Patterns match the whole text."""

    issuer: Text | None = None
    issuer_reg_exp: Annotated[str | None, parsed(_pattern)] = Field(None, alias="issuerRegExp")
    subject: Text | None = None
    subject_reg_exp: Annotated[str | None, parsed(_pattern)] = Field(None, alias="subjectRegExp")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Both, and each in one way: an identity without an issuer is anybody who may call himself so."""
        for name, plain, pattern in (
            ("issuer", self.issuer, self.issuer_reg_exp),
            ("subject", self.subject, self.subject_reg_exp),
        ):
            if bool(plain) == bool(pattern):
                raise contradiction(name, f"{name} or {name}RegExp, one of both")
        return self


class VerifyDemand(Model):
    """What a signature must be: one of ``keys`` or ``identities``; a digest among ``digests`` needs none."""

    mode: Mode | None = None
    keys: list[Text] = []
    """PEM text, or the path of a file."""
    identities: list[VerifyIdentity] = []
    digests: Annotated[list[str], parsed(values.list_of(_digest))] = []
    threshold: Annotated[int, Field(ge=1, le=32)] = 1
    """How many different signers there must be."""
    annotations: dict[Text, Text] = {}
    """What was signed beside the digest; ``{repository}`` and ``{tag}`` stand for what was asked for."""
    signed_as: Annotated[
        str | list[str], parsed(lambda value: value if value in ("any", "repository") else values.list_of(image_pattern)(value))
    ] = Field("any", alias="signedAs")
    """``any``, ``repository`` (the signed name is the one asked for), or patterns of names."""
    require_transparency_log: bool | None = Field(None, alias="requireTransparencyLog")
    """Absent: for identities."""
    require_sct: bool | None = Field(None, alias="requireSCT")
    """Absent: for identities."""
    require_timestamp: bool = Field(False, alias="requireTimestamp")
    trusted_root: Text | None = Field(None, alias="trustedRoot")
    """The path of a trusted_root.json, or ``public-good``."""


class VerifyRule(VerifyDemand):
    """Of the images that one of the patterns names."""

    images: Annotated[list[str], parsed(values.list_of(image_pattern))]
    builds: Literal["accept", "reject"] | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.images:
            raise contradiction("images", "at least one pattern")
        if not (self.keys or self.identities or self.digests):
            raise contradiction("keys", "keys, identities or digests: a rule without any trusts nobody")
        return self


class VerifyPolicy(VerifyDemand):
    """Either ``rules``, or the members of one rule, which then is for every image."""

    version: Literal[1] = 1
    unmatched: Literal["reject", "accept"] = "reject"
    rules: list[VerifyRule] | None = None
    builds: Literal["accept", "reject"] = "accept"
    """Whether what a project builds itself needs no signature."""
    insecure_registries: list[Text] = Field([], alias="insecureRegistries")
    """Hosts that are spoken to without TLS."""
    signatures_from: dict[Text, Text] = Field({}, alias="signaturesFrom")
    """By pattern of images, the repository that has their signatures."""
    max_age: Annotated[float | None, parsed(_age)] = Field(None, alias="maxAge")
    """How old evidence may be that the registry was not asked about again."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        own_rule = [name for name in ("keys", "identities", "digests") if getattr(self, name)]
        if self.rules is not None and own_rule:
            raise contradiction(own_rule[0], "rules, or the members of one rule, not both")
        if self.rules is None and not own_rule:
            raise contradiction("keys", "keys, identities or digests, or rules")
        return self
