"""What the server answers in a case: compile, build the view, read, decide, encode. No step is a copy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from accredit_cli.compiling import snapshot_of
from accredit_cli.deciding import decision_on
from accredit_cli.scenarios.asking import check_request
from accredit_cli.scenarios.form import Case, Members, Settings, Situation
from accredit_cli.scenarios.objects import Staged, stage, world_of
from accredit_cli.scenarios.tokens import token_text
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.codec.response import encode
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.model.decision import Decision
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.compile.verdict import Verdict

_DECISION_ID = "01930000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out: the decision, and what upstream or client see of it."""

    decision: Decision
    status: int  # 200 when the request passes
    headers: Mapping[str, str]  # of the request that goes on to the upstream, or of the denial
    body: str  # of the denial
    refused: Mapping[str, Verdict]  # objects that are not Accepted, by key


@dataclass(slots=True)
class Runner:
    """Runs cases; those with equal objects share a view."""

    _views: dict[str, tuple[View, Mapping[str, Verdict]]] = field(default_factory=dict)

    def run(self, base: tuple[Members, ...], case: Case, situation: Situation) -> Outcome:
        """Return what comes out. Raises ObjectsUnusable, UnknownKey, Unmintable when the case makes no sense."""
        staged = stage(base, case, situation.keys)
        view, refusals = self._compiled(staged, situation.settings)
        data = check_request(situation, _token(staged, situation))
        served = None if situation.snapshot == "missing" else view
        decision = decision_on(data, served, situation.at, situation.view_age)
        reply = CheckResponse.FromString(encode(decision, _DECISION_ID))
        if reply.HasField("ok_response"):
            return Outcome(decision, 200, _upstream_headers(decision, reply), "", refusals)
        denial = reply.denied_response
        headers = {option.header.key: option.header.value for option in denial.headers}
        return Outcome(decision, denial.status.code, headers, denial.body, refusals)

    def _compiled(self, staged: Staged, settings: Settings) -> tuple[View, Mapping[str, Verdict]]:
        name = json.dumps([staged.manifests, settings.model_dump()], sort_keys=True)
        if name not in self._views:
            compiled = compile_world(world_of(staged), _premises(settings))
            deployment = Deployment(
                trust_domain=settings.trust_domain,
                gateway_identities=frozenset(settings.gateway_identities),
                max_body=settings.max_body,
            )
            refusals = {_key(verdict): verdict for verdict in compiled.verdicts if not verdict.accepted}
            self._views[name] = build(snapshot_of(compiled), deployment), refusals
        return self._views[name]


def _token(staged: Staged, situation: Situation) -> str | None:
    token = situation.token
    if token is None:
        return None
    return token_text(token, staged.issuer_spec(token.issuer), staged.keys.get(token.issuer, ()), situation.at)


def _premises(settings: Settings) -> Premises:
    in_kubernetes = settings.platform == "Kubernetes"
    return Premises(
        trust_domain=settings.trust_domain,
        cluster_domain=settings.cluster_domain,
        operator_namespace=settings.operator_namespace,
        host_claims=settings.host_claims or (HostClaims.GRANTED if in_kubernetes else HostClaims.ANY),
        staleness_known=in_kubernetes,
    )


def _key(verdict: Verdict) -> str:
    key = verdict.key
    return "/".join(part for part in (key.kind, key.namespace, key.name) if part)


def _upstream_headers(decision: Decision, reply: CheckResponse) -> dict[str, str]:
    """Return the request's headers as Envoy sends them on: set first, then removed, whatever their case."""
    call = decision.evidence.call
    headers = dict(call.headers) if call is not None else {}
    for option in reply.ok_response.headers:
        headers[option.header.key.lower()] = option.header.value
    removed = {name.lower() for name in reply.ok_response.headers_to_remove}
    return {name: value for name, value in headers.items() if name not in removed}
