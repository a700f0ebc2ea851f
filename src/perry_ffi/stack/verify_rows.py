"""Which rule the image of each service of a project falls under, and why: for people who write policies. No engine is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.model.reference import is_image_id, parse_reference
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from perry_ffi.stack.services_images import image_uses
from perry_ffi.stack.verify import asked_of

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.trust.in_force import Trust
    from perry_ffi.trust.policy import Policy, Rule


async def rows_of(trust: Trust, project: Project) -> list[dict[str, Any]]:
    """A row for each service and policy: ``{service, image, policy, rule, mode, why}``; ``rule`` is absent where none is for it."""
    general, own = asked_of(project)
    rows: list[dict[str, Any]] = []
    for use in image_uses(project, desired(project, Up(), {})).values():
        for service in use.services:
            in_force = await trust.in_force([*general, *own.get(service, ())])
            for policy in in_force.policies if in_force else ():
                rows.append(
                    {"service": service, "image": use.image, "policy": policy.source, **_row(policy, use.image, use.built)}
                )
    return rows


def _row(policy: Policy, image: str, built: bool) -> dict[str, Any]:
    if is_image_id(image):
        ident = image if image.startswith("sha256:") else f"sha256:{image}"
        pinning = policy.pins(ident)
        why = "its id is one of the rule's digests" if pinning else "it is named by its id, which no rule has among its digests"
        return {**_rule(pinning), "why": why} if pinning else {"mode": "refused", "why": why}
    reference = parse_reference(image)
    rule = policy.rule_for(reference)
    builds = policy.builds if rule is None else rule.builds
    if built and builds == "accept":
        return {**_rule(rule), "mode": "accepted", "why": "the project builds it, and the policy accepts that"}
    if rule is None:
        accepted = policy.unmatched == "accept"
        why = f"no pattern names {reference.repository}" + (", and the policy accepts that" if accepted else "")
        return {"mode": "accepted" if accepted else "refused", "why": why}
    return {**_rule(rule), "why": f"of the patterns that name {reference.repository} its own says most"}


def _rule(rule: Rule | None) -> dict[str, Any]:
    return {} if rule is None else {"rule": rule.name, "mode": rule.mode}
