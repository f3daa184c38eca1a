"""The story: alice of sales, her agents, and a customer database that knows nothing of tokens.

planner may read and delegates to researcher; editor may also write; researcher serves planner alone.
"""

from accredit_cli.demo.steps import Call, Restore, RevokeBefore, Rewrite, Sender, SetField, Spoil, Step, Token
from accredit_extauthz.model.reason import Reason

READ, WRITE, DELETE = "tool:crm:read", "tool:crm:write", "tool:crm:delete"
SEARCH, UPDATE, REMOVE = Call(), Call(tool="contacts.update"), Call(tool="contacts.delete")
EXPORT = Call(tool="contacts.export", sender=Sender.PLAIN)
PLAIN = Call(sender=Sender.PLAIN)

CHAIN = Token(agents=("planner", "researcher"))
EDITOR = Token(agents=("editor",), scopes=(READ, WRITE))
PLANNER = "agents/planner.yaml"
RESEARCHER = "agents/researcher.yaml"
POLICY = "policy.yaml"

AUTHORITY = (
    Step(shows="an agent reads for its user", reason=Reason.ALLOWED, scopes=(READ,)),
    Step(
        shows="an older client, with sessions",
        call=Call(sender=Sender.LEGACY),
        reason=Reason.ALLOWED,
        scopes=(READ,),
    ),
    Step(shows="writes without the scope", call=UPDATE, reason=Reason.SCOPE_MISSING),
    Step(
        shows="a scope the user's role lacks",
        token=Token(scopes=(READ, DELETE)),
        call=REMOVE,
        reason=Reason.SCOPE_EXCEEDS_USER,
    ),
    Step(
        shows="within the user's, beyond the agent's",
        token=Token(scopes=(READ, WRITE)),
        call=UPDATE,
        reason=Reason.SCOPE_EXCEEDS_AGENT,
    ),
    Step(
        shows="the same write by an agent that may",
        token=EDITOR,
        call=UPDATE,
        reason=Reason.ALLOWED,
        scopes=(READ, WRITE),
    ),
    Step(
        shows="a tool nobody listed",
        token=EDITOR,
        call=EXPORT,
        reason=Reason.TOOL_NOT_LISTED,
    ),
)

DELEGATION = (
    Step(shows="two agents in a chain", token=CHAIN, reason=Reason.ALLOWED, scopes=(READ,)),
    Step(
        shows="the chain reversed",
        token=Token(agents=("researcher", "planner")),
        reason=Reason.EDGE_NOT_GRANTED,
    ),
    Step(
        shows="the inner agent without its chain",
        token=Token(agents=("researcher",)),
        reason=Reason.ACTS_FOR_NOT_GRANTED,
    ),
    Step(shows="no agent at all", token=Token(agents=()), reason=Reason.ACTOR_MISSING),
    Step(shows="an agent nobody registered", token=Token(agents=("ghost",)), reason=Reason.AGENT_UNKNOWN),
)

FORGERY = (
    Step(
        shows="identity headers of the caller's own",
        call=Call(headers={"X-User-Uid": "root", "X-Agent-Id": "research/editor", "X-Agent-Scopes": "tool:crm:delete"}),
        reason=Reason.ALLOWED,
        scopes=(READ,),
    ),
    Step(shows="a tampered signature", token=Token(tampered=True), call=PLAIN, reason=Reason.TOKEN_SIGNATURE),
    Step(shows="an expired token", token=Token(age_s=1200), call=PLAIN, reason=Reason.TOKEN_EXPIRED),
    Step(
        shows="a token for another server",
        token=Token(audience="https://billing.example"),
        call=PLAIN,
        reason=Reason.TOKEN_AUDIENCE,
    ),
    Step(shows="no token: a challenge", token=None, call=PLAIN, reason=Reason.TOKEN_MISSING),
    Step(shows="a JSON-RPC batch", call=Call(sender=Sender.BATCH), reason=Reason.BATCH_UNSUPPORTED),
    Step(
        shows="a header that names another tool",
        call=Call(sender=Sender.OTHER_NAME),
        reason=Reason.HEADER_BODY_MISMATCH,
    ),
)

REVOCATION = (
    Step(
        shows="suspend the inner agent (its YAML)",
        edit=SetField(RESEARCHER, ("spec", "suspended"), value=True),
        token=CHAIN,
        call=PLAIN,
        reason=Reason.AGENT_SUSPENDED,
    ),
    Step(
        shows="the same user, another agent",
        token=EDITOR,
        reason=Reason.ALLOWED,
        scopes=(READ, WRITE),
    ),
    Step(
        shows="lift the suspension",
        edit=Restore(RESEARCHER),
        token=CHAIN,
        call=PLAIN,
        reason=Reason.ALLOWED,
        scopes=(READ,),
    ),
    Step(
        shows="revokedBefore: an older token",
        edit=RevokeBefore(PLANNER, ago_s=30),
        token=Token(age_s=60),
        call=PLAIN,
        reason=Reason.AGENT_REVOKED,
    ),
    Step(shows="revokedBefore: a newer token", reason=Reason.ALLOWED, scopes=(READ,)),
)

MISTAKES = (
    Step(
        shows="tools: [*] breaks the file: no wider",
        edit=Spoil(POLICY, "tools: [contacts.search]", "tools: [*]"),
        token=EDITOR,
        call=EXPORT,
        reason=Reason.TOOL_NOT_LISTED,
    ),
    Step(shows="and the last good rules still serve", reason=Reason.ALLOWED, scopes=(READ,)),
    Step(
        shows="the star quoted: now it is a rule",
        edit=Rewrite(POLICY, "tools: [contacts.search]", 'tools: ["*"]'),
        token=EDITOR,
        call=EXPORT,
        reason=Reason.ALLOWED,
        scopes=(READ, WRITE),
    ),
    Step(
        shows="put back: nobody lists it again",
        edit=Restore(POLICY),
        token=EDITOR,
        call=EXPORT,
        reason=Reason.TOOL_NOT_LISTED,
    ),
    Step(
        shows="a star in the middle of a ceiling",
        edit=SetField(PLANNER, ("spec", "scopes"), ["tool:*:read"]),
        call=PLAIN,
        reason=Reason.AGENT_INVALID,
    ),
    Step(shows="the agent repaired", edit=Restore(PLANNER), call=PLAIN, reason=Reason.ALLOWED, scopes=(READ,)),
)

STORY = (*AUTHORITY, *DELEGATION, *FORGERY, *REVOCATION, *MISTAKES)
