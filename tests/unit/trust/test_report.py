from __future__ import annotations

from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.examine import Examined
from perry_ffi.trust.keys import Key
from perry_ffi.trust.policy import Policy, Rule
from perry_ffi.trust.report import verification, warnings, who
from perry_ffi.trust.verify import judge
from tests.support.sigstore.signing import Signer
from tests.support.trusting import REPOSITORY, digest_of, signed

DIGEST = digest_of("a")


def test_two_signers_of_one_payload_are_both_told() -> None:
    one, two, other = Signer(), Signer(), Signer()
    rule = Rule(("**",), "p", keys=(Key.parse(one.pem), Key.parse(two.pem)))
    rows = [signed(signer, DIGEST, old=True) for signer in (one, two, other)]
    assert len({row.id for row in rows}) == 1
    judgement = judge(rule, DIGEST, parse_reference(f"{REPOSITORY}:1"), rows, all=True)
    rules = [(Policy("p", (rule,)), rule)]
    told = verification(f"{REPOSITORY}:1", "x", Examined(DIGEST, (judgement,), "registry"), rules, None)
    assert {who(row) for row in told.signatures} == {f"key {key.fingerprint}" for key in rule.keys}
    assert [row["reason"] for row in told.refused] == ["wrongKey"] and warnings(told) == []
    stale = verification("r", "x", Examined(DIGEST, (judgement,), "store", stale=True), rules, "it is not")
    assert [code for code, _ in warnings(stale)] == ["unverified", "stale"]
