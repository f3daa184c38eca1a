"""Every reason a decision can have, and what each one answers: HTTP status, OAuth error, and its line of documentation.

A Reason is at once metric label, audit field, response header and documentation page. None is ever renamed.
"""

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a request was allowed or refused."""

    ALLOWED = "allowed"
    ALLOWED_PUBLIC = "allowed_public"

    SNAPSHOT_MISSING = "snapshot_missing"
    VIEW_STALE = "view_stale"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    INTERNAL_ERROR = "internal_error"

    REQUEST_MALFORMED = "request_malformed"
    BODY_MISSING = "body_missing"
    BODY_TRUNCATED = "body_truncated"
    BODY_TOO_LARGE = "body_too_large"
    BATCH_UNSUPPORTED = "batch_unsupported"
    HEADER_BODY_MISMATCH = "header_body_mismatch"
    METHOD_UNKNOWN = "method_unknown"

    NO_POLICY = "no_policy"
    POLICY_INVALID = "policy_invalid"
    POLICY_DISABLED = "policy_disabled"

    TOKEN_MISSING = "token_missing"
    TOKEN_MALFORMED = "token_malformed"
    TOKEN_ISSUER = "token_issuer"
    TOKEN_TYPE = "token_type"
    TOKEN_KEY_UNKNOWN = "token_key_unknown"
    TOKEN_ALGORITHM = "token_algorithm"
    TOKEN_SIGNATURE = "token_signature"
    TOKEN_CLAIMS = "token_claims"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"
    TOKEN_LIFETIME = "token_lifetime"
    TOKEN_AUDIENCE = "token_audience"
    TOKEN_REVOKED = "token_revoked"

    USER_INVALID = "user_invalid"
    USER_REVOKED = "user_revoked"
    CALLER_NOT_ALLOWED = "caller_not_allowed"
    ACTOR_MISSING = "actor_missing"
    ACTOR_MALFORMED = "actor_malformed"

    AGENT_UNKNOWN = "agent_unknown"
    AGENT_INVALID = "agent_invalid"
    AGENT_SUSPENDED = "agent_suspended"
    AGENT_EXPIRED = "agent_expired"
    AGENT_REVOKED = "agent_revoked"
    CHAIN_TOO_LONG = "chain_too_long"
    CHAIN_CYCLE = "chain_cycle"
    WORKLOAD_MISSING = "workload_missing"
    WORKLOAD_MISMATCH = "workload_mismatch"
    EDGE_NOT_GRANTED = "edge_not_granted"
    ACTS_FOR_NOT_GRANTED = "acts_for_not_granted"
    TENANT_MISMATCH = "tenant_mismatch"

    SCOPE_MISSING = "scope_missing"
    SCOPE_EXCEEDS_USER = "scope_exceeds_user"
    SCOPE_EXCEEDS_AGENT = "scope_exceeds_agent"
    TOOL_NOT_LISTED = "tool_not_listed"
    RULE_DENIED = "rule_denied"


class Answer(NamedTuple):
    """What a reason answers with. `error` is the challenge's OAuth error (RFC 6750 §3.1), None for no challenge."""

    status: int
    error: str | None
    explanation: str  # one sentence for the documentation: what it means and what to do


_TOKEN = "invalid_token"

ANSWERS: dict[Reason, Answer] = {
    Reason.ALLOWED: Answer(200, None, "Every check passed and a rule allows the operation."),
    Reason.ALLOWED_PUBLIC: Answer(200, None, "The path is one of the policy's publicPaths; no token was looked at."),
    Reason.SNAPSHOT_MISSING: Answer(
        503, None, "No verified snapshot is loaded; check that the operator publishes and this replica can read it."
    ),
    Reason.VIEW_STALE: Answer(
        503, None, "The view is older than the policy's maxStaleness; check the operator and the API server."
    ),
    Reason.AUDIT_UNAVAILABLE: Answer(
        503, None, "The audit record could not be written, so nothing is allowed; free or repair the audit sink."
    ),
    Reason.INTERNAL_ERROR: Answer(503, None, "A fault inside Accredit; the log has the decision id and a traceback."),
    Reason.REQUEST_MALFORMED: Answer(
        400, None, "Method, host, path, headers or body have no single meaning; send them in canonical form."
    ),
    Reason.BODY_MISSING: Answer(
        400, None, "An MCP request came without its body; let Envoy buffer it (with_request_body) and send one message."
    ),
    Reason.BODY_TRUNCATED: Answer(
        400, None, "Envoy passed only the start of the body; set allow_partial_message to false and raise the limit."
    ),
    Reason.BODY_TOO_LARGE: Answer(413, None, "The body is larger than ACCREDIT_MAX_BODY."),
    Reason.BATCH_UNSUPPORTED: Answer(400, None, "The body is a JSON-RPC batch; send one message a request."),
    Reason.HEADER_BODY_MISMATCH: Answer(
        400,
        None,
        "An Mcp-* header is missing or names another method or tool than the body; the body is the authority.",
    ),
    Reason.METHOD_UNKNOWN: Answer(
        400, None, "This HTTP method means nothing to an MCP server of this protocol version; use POST."
    ),
    Reason.NO_POLICY: Answer(403, None, "No ToolPolicy has this target; write one, or correct the host or extension."),
    Reason.POLICY_INVALID: Answer(
        403, None, "The ToolPolicy of this target is invalid; its Accepted condition says why."
    ),
    Reason.POLICY_DISABLED: Answer(403, None, "The ToolPolicy of this target has mode Disabled: everything is denied."),
    Reason.TOKEN_MISSING: Answer(401, None, "No bearer token; send one in the Authorization header."),
    Reason.TOKEN_MALFORMED: Answer(
        401, _TOKEN, "The Authorization header or token is not one strict compact JWS (RFC 7515, RFC 8725)."
    ),
    Reason.TOKEN_ISSUER: Answer(
        401, _TOKEN, "No usable TrustedIssuer has this `iss`, or this policy's issuers do not list it."
    ),
    Reason.TOKEN_TYPE: Answer(401, _TOKEN, "The `typ` of the token is not one of the issuer's tokenTypes."),
    Reason.TOKEN_KEY_UNKNOWN: Answer(
        401, _TOKEN, "The issuer has no key with this `kid`; its KeysFetched condition says more."
    ),
    Reason.TOKEN_ALGORITHM: Answer(401, _TOKEN, "The `alg` of the token is not the algorithm of the issuer's key."),
    Reason.TOKEN_SIGNATURE: Answer(401, _TOKEN, "The signature does not verify with the issuer's key."),
    Reason.TOKEN_CLAIMS: Answer(
        401, _TOKEN, "A claim is missing, malformed or not what the issuer's settings require."
    ),
    Reason.TOKEN_EXPIRED: Answer(401, _TOKEN, "The token has expired; get a new one."),
    Reason.TOKEN_NOT_YET_VALID: Answer(401, _TOKEN, "`iat` or `nbf` lies in the future; check the issuer's clock."),
    Reason.TOKEN_LIFETIME: Answer(401, _TOKEN, "The token lives longer than the issuer's maxTokenLifetime."),
    Reason.TOKEN_AUDIENCE: Answer(
        401, _TOKEN, "The token was issued for another service; ask for this policy's audience."
    ),
    Reason.TOKEN_REVOKED: Answer(401, _TOKEN, "A Revocation names this token or one it came from; log in again."),
    Reason.USER_INVALID: Answer(
        403, None, "The user of the token is an agent, a member of its own chain, or the client itself."
    ),
    Reason.USER_REVOKED: Answer(403, None, "A Revocation names this user."),
    Reason.CALLER_NOT_ALLOWED: Answer(403, None, "The policy's callers do not include this kind of caller."),
    Reason.ACTOR_MISSING: Answer(
        403, None, "The token names no acting agent; exchange it for a delegation token (RFC 8693)."
    ),
    Reason.ACTOR_MALFORMED: Answer(403, None, "The token's actor claims break the issuer's layout (RFC 8693 §4.1)."),
    Reason.AGENT_UNKNOWN: Answer(403, None, "No AgentIdentity claims a subject in the chain; register the agent."),
    Reason.AGENT_INVALID: Answer(403, None, "An agent's AgentIdentity is invalid; its Accepted condition says why."),
    Reason.AGENT_SUSPENDED: Answer(403, None, "An agent in the chain is suspended."),
    Reason.AGENT_EXPIRED: Answer(403, None, "An agent in the chain is past its expiresAt."),
    Reason.AGENT_REVOKED: Answer(
        403,
        None,
        "The token is older than an agent's revokedBefore or creation, or a Revocation names an agent in the chain.",
    ),
    Reason.CHAIN_TOO_LONG: Answer(403, None, "The chain is longer than the current actor's maxChainLength."),
    Reason.CHAIN_CYCLE: Answer(403, None, "An agent appears twice in the chain."),
    Reason.WORKLOAD_MISSING: Answer(
        403, None, "The agent is bound to workloads and the request came without a verified client certificate."
    ),
    Reason.WORKLOAD_MISMATCH: Answer(403, None, "The verified peer is not one of the agent's workloads."),
    Reason.EDGE_NOT_GRANTED: Answer(
        403, None, "A hop's delegatesTo, or the next one's delegatesFrom, lacks the other."
    ),
    Reason.ACTS_FOR_NOT_GRANTED: Answer(403, None, "The first agent's actsFor does not include this user."),
    Reason.TENANT_MISMATCH: Answer(403, None, "The first agent acts for this user, but not in this tenant."),
    Reason.SCOPE_MISSING: Answer(
        403, "insufficient_scope", "The token lacks a scope that the operation needs; the challenge lists them."
    ),
    Reason.SCOPE_EXCEEDS_USER: Answer(403, None, "The policy's grants do not give the user a needed scope."),
    Reason.SCOPE_EXCEEDS_AGENT: Answer(403, None, "A scope that the operation needs lies above an agent's ceiling."),
    Reason.TOOL_NOT_LISTED: Answer(403, None, "No Allow rule covers this operation, agent and user."),
    Reason.RULE_DENIED: Answer(403, None, "A Deny rule covers this operation."),
}
