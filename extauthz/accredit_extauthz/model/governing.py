"""What governs a request: the policies of its target, merged."""

from dataclasses import dataclass

from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.contract.snapshot import PolicyBody, Rule


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and the policy it stands in."""

    policy: PolicyRef
    rule: Rule


@dataclass(frozen=True, slots=True)
class Governing:
    """The settings that hold for a request, and the rules in the order they are judged.

    `policy`, `generation` and `body` are the first governing policy's; the others differ from it in rules alone.
    `deny` holds the Deny rules of every policy that reaches the target, less specific and conflicted ones included.
    """

    policy: PolicyRef
    generation: int
    body: PolicyBody
    allow: tuple[PlacedRule, ...]
    deny: tuple[PlacedRule, ...]
