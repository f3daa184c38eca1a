"""`accredit explain`: what the server would decide on one request, and every step that led there."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.asked import Signed, Unaskable, read_claims, read_request, sign
from accredit_cli.cluster.access import HOME, ContextOption, HomeOption, KubeconfigOption, reach
from accredit_cli.cluster.deployed import read_deployment
from accredit_cli.cluster.publication import NothingPublished, read_published
from accredit_cli.compiling import snapshot_of
from accredit_cli.deciding import decision_on, rule_name
from accredit_cli.explanation import HopState, Narrowing, hop_states, narrowings
from accredit_cli.manifest_paths import compile_paths
from accredit_cli.moments import MomentUnreadable, read_moment, written
from accredit_cli.render import NO, YES, Output, OutputOption, coloured, fail, printable, show, table, warn
from accredit_cli.scenarios.asking import check_request
from accredit_cli.scenarios.form import Peer, Situation
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.target import POLICY_EXTENSION
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.model.decision import Decision, Ruling
from accredit_extauthz.model.reason import ANSWERS

EPILOG = (
    'Examples:\n\naccredit explain --claims \'{"sub": "alice", …}\' --request \'POST mcp.example/mcp tools/call'
    " contacts.search' manifests/\n\naccredit explain --token - --request 'GET crm.example/v1/contacts' manifests/"
    "\n\nkubectl accredit explain --token - --request 'GET crm.example/v1/contacts' < token.txt"
)


def _header(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text!r} is no header; write NAME=VALUE")
    return name.lower(), value


def command(  # noqa: PLR0913 -- one parameter an option
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH…]", help="Manifests; what the cluster serves unless given.")
    ] = None,
    *,
    request: Annotated[str, typer.Option(metavar="'METHOD HOST/PATH [MCP-METHOD [NAME]]'", help="What is asked.")],
    token: Annotated[str | None, typer.Option(metavar="TOKEN|-", help="A token, - to read it from input.")] = None,
    claims: Annotated[
        str | None, typer.Option(metavar="FILE|JSON", help="A token's claims; its signature is taken for good.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When; now unless given.")] = None,
    peer: Annotated[str, typer.Option(metavar="SPIFFE-ID", help="The verified TLS peer.")] = "",
    destination: Annotated[str, typer.Option(metavar="SPIFFE-ID", help="The workload that a sidecar guards.")] = "",
    policy: Annotated[str | None, typer.Option(metavar="NAMESPACE/NAME", help="The policy that Envoy pins.")] = None,
    header: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Repeatable.")] = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Decide one request, and print every hop, every limit on scopes, the rule and the reason.

    The server's own code decides, on manifests or on the snapshot that the cluster's replicas follow. Exit status 0
    when the request would pass, 1 when it would be denied.
    """
    try:
        now = int(time.time()) if at is None else read_moment(at)  # noqa: TID251 -- "now" is the moment of the command
        situation = Situation(
            at=now,
            request=read_request(request, dict(_header(text) for text in header or ())),
            peer=Peer(principal=peer),
            destination=destination,
            extensions={} if policy is None else {POLICY_EXTENSION: policy},
        )
        snapshot, deployment = _served(paths or (), kubeconfig, context, home)
        signed = _signed(token, claims, snapshot, now)
    except (MomentUnreadable, Unaskable) as error:
        raise fail(str(error)) from error
    view = build(signed.snapshot, deployment)
    decision = decision_on(check_request(situation, signed.token or None), view, now)
    _show(output, decision, view, now)
    raise typer.Exit(NO if decision.ruling is Ruling.DENY else YES)


def _served(
    paths: Sequence[Path], kubeconfig: str | None, context: str | None, home: str
) -> tuple[Snapshot, Deployment]:
    """Return the snapshot to decide on, and the settings of those who serve it."""
    if paths:
        return snapshot_of(compile_paths(paths)), Deployment()
    with reach(kubeconfig, context) as cluster:
        try:
            published = read_published(cluster, home)
        except NothingPublished as error:
            raise fail(str(error)) from error
        deployment = read_deployment(cluster, home)
    if deployment is None:
        warn("the Deployment of the replicas cannot be read; its settings are taken to be the usual ones")
    return published.snapshot, deployment or Deployment()


def _signed(token: str | None, claims: str | None, snapshot: Snapshot, now: int) -> Signed:
    if token is not None and claims is not None:
        raise Unaskable("write one of --token and --claims")
    if claims is not None:
        warn("the signature is not checked: the claims were signed with a key of this moment")
        return sign(read_claims(claims), snapshot, now)
    text = sys.stdin.read() if token == "-" else token or ""  # noqa: S105 -- a word for standard input
    return Signed(text.strip(), snapshot)


def _show(output: Output, decision: Decision, view: View, now: int) -> None:
    hops, limits = hop_states(decision, view, now), narrowings(decision, view)
    show(output, _value(decision, hops, limits, now), lambda: _drawn(decision, hops, limits, now))


def _summary(decision: Decision, now: int) -> dict[str, str]:
    evidence = decision.evidence
    governing, operation, delegation = evidence.governing, evidence.operation, evidence.delegation
    return {
        "verdict": decision.ruling.value,
        "reason": decision.reason.value,
        "message": decision.message,
        "meaning": ANSWERS[decision.reason].explanation,
        "time": written(now),
        "policy": f"{governing.policy} ({governing.body.mode})" if governing else "",
        "rule": rule_name(evidence) or "",
        "operation": f"{operation.method} {operation.name or operation.path}" if operation else "",
        "user": f"{delegation.user.subject} of {delegation.user.issuer}" if delegation else "",
    }


def _value(
    decision: Decision, hops: tuple[HopState, ...], limits: tuple[Narrowing, ...], now: int
) -> dict[str, object]:
    evidence = decision.evidence
    return {
        **{name: text or None for name, text in _summary(decision, now).items()},
        "hops": [
            {
                "issuer": hop.subject.issuer,
                "subject": hop.subject.subject,
                "agent": hop.agent,
                "state": hop.state,
                "granted": hop.granted,
                "ceiling": list(hop.ceiling),
            }
            for hop in hops
        ],
        "scopes": [{"limit": each.limit, "left": list(each.left), "lost": list(each.lost)} for each in limits],
        "effective": sorted(evidence.effective_scopes),
        "required": list(evidence.required_scopes),
    }


def _drawn(decision: Decision, hops: tuple[HopState, ...], limits: tuple[Narrowing, ...], now: int) -> str:
    summary = _summary(decision, now)
    said = (f"{name:<9}  {coloured(printable(text))}" for name, text in summary.items() if text)
    parts = ["\n".join(said)]
    if hops:
        headings = ("HOP", "AGENT", "SUBJECT", "STATE", "GRANTED", "CEILING")
        parts.append(table(headings, (_hop_row(number, hop) for number, hop in enumerate(hops, 1))))
    if limits:
        rows = [(each.limit, " ".join(each.left) or "-", " ".join(each.lost) or "-") for each in limits]
        required = " ".join(decision.evidence.required_scopes) or "-"
        parts.append(table(("SCOPES", "LEFT", "LOST"), [*rows, ("required", required, "")]))
    return "\n\n".join(parts)


def _hop_row(number: int, hop: HopState) -> tuple[str, ...]:
    return (str(number), hop.agent or "-", hop.subject.subject, hop.state, hop.granted, " ".join(hop.ceiling) or "-")
