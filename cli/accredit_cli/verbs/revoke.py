"""`accredit revoke`: cut an agent, a user or a token off, and see every replica serve it."""

import time
from typing import Annotated

import typer

from accredit_cli.cluster import cuts
from accredit_cli.cluster.access import HOME, ContextOption, HomeOption, KubeconfigOption, own_namespace, reach
from accredit_cli.cluster.cuts import Span, Whom
from accredit_cli.cluster.served import finish
from accredit_cli.cluster.writes import change_agent, create_revocation
from accredit_cli.moments import MomentUnreadable, read_duration, read_moment
from accredit_cli.render import Output, OutputOption, fail
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.ports import DECLARED, Cluster
from accredit_operator.world import Kind

app = typer.Typer(no_args_is_help=True, help="Cut an agent, a user or a token off, and wait for every replica.")

NamespaceOption = Annotated[
    str | None, typer.Option("--namespace", "-n", help="The agent's namespace; the context's unless given.")
]
BeforeOption = Annotated[
    str | None,
    typer.Option(metavar="now|TIME|DURATION", help="Only tokens issued up to then; new ones pass. All, unless given."),
]
ExpiresOption = Annotated[str | None, typer.Option(metavar="DURATION", help="For how long; for good unless given.")]
ReasonOption = Annotated[str | None, typer.Option(help="Why, for people.")]
TimeoutOption = Annotated[str, typer.Option(metavar="DURATION", help="How long to wait for the replicas.")]
InOption = Annotated[
    str | None,
    typer.Option("--in", metavar="NAMESPACE", help="Where the Revocation stands: in Accredit's own it reaches all."),
]


@app.callback()
def _revoke() -> None:
    """Cut an agent, a user or a token off, and wait for every replica."""


@app.command("agent", epilog="Examples:\n\nkubectl accredit revoke agent planner -n research --before now")
def agent(  # noqa: PLR0913 -- one parameter an option
    name: Annotated[str, typer.Argument(metavar="AGENT", help="Name of an AgentIdentity.")],
    *,
    namespace: NamespaceOption = None,
    before: BeforeOption = None,
    timeout: TimeoutOption = "30s",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Suspend an agent, or with --before set revokedBefore: wherever it is in a chain, the token is refused."""
    moment, within_s = _moment(before), _duration(timeout)
    with reach(kubeconfig, context) as cluster:
        begun_ns = time.monotonic_ns()
        written = change_agent(
            cluster,
            AgentRef(namespace or own_namespace(kubeconfig, context), name),
            cuts.suspended if moment is None else lambda document: cuts.cut_before(document, moment),
        )
        finish(written, cluster, home, begun_ns, within_s, output)


@app.command("user", epilog="Examples:\n\nkubectl accredit revoke user 'auth0|8f3a' --issuer corp-idp --reason 'left'")
def user(  # noqa: PLR0913 -- one parameter an option
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="The user, as x-user-uid has it.")],
    *,
    issuer: Annotated[str, typer.Option(metavar="TRUSTEDISSUER", help="Whose user.")],
    through: Annotated[
        str | None, typer.Option(metavar="NAMESPACE/NAME", help="Only what this agent does for the user.")
    ] = None,
    before: BeforeOption = None,
    expires: ExpiresOption = None,
    reason: ReasonOption = None,
    where: InOption = None,
    timeout: TimeoutOption = "30s",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Write a Revocation of a user. The session at the issuer is not touched."""
    moment, within_s = _moment(before), _duration(timeout)
    whom = Whom(issuer=issuer, user=subject, agent=None if through is None else _agent(through))
    ends_at = None if expires is None else _now() + _duration(expires)
    with reach(kubeconfig, context) as cluster:
        begun_ns = time.monotonic_ns()
        if moment is not None:
            ends_at = max(ends_at or 0, _earliest_end(cluster, issuer, moment))
        document = cuts.revocation(where or home, whom, Span(moment, ends_at, reason))
        finish(create_revocation(cluster, document), cluster, home, begun_ns, within_s, output)


@app.command("token", epilog="Examples:\n\nkubectl accredit revoke token 7f9c2b1e --issuer corp-idp --expires 1h")
def token(  # noqa: PLR0913 -- one parameter an option
    jti: Annotated[str, typer.Argument(metavar="JTI", help="The token's ID; what was exchanged from it falls too.")],
    *,
    issuer: Annotated[str, typer.Option(metavar="TRUSTEDISSUER", help="Who issued it.")],
    expires: ExpiresOption = None,
    reason: ReasonOption = None,
    where: InOption = None,
    timeout: TimeoutOption = "30s",
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    home: HomeOption = HOME,
    output: OutputOption = Output.TABLE,
) -> None:
    """Write a Revocation of one token, and of those that name it as their parent or root."""
    within_s = _duration(timeout)
    ends_at = None if expires is None else _now() + _duration(expires)
    whom = Whom(issuer=issuer, token_id=jti)
    with reach(kubeconfig, context) as cluster:
        begun_ns = time.monotonic_ns()
        document = cuts.revocation(where or home, whom, Span(expires_at=ends_at, reason=reason))
        finish(create_revocation(cluster, document), cluster, home, begun_ns, within_s, output)


def _earliest_end(cluster: Cluster, issuer: str, moment: int) -> int:
    spec = cluster.read(DECLARED[Kind.TRUSTED_ISSUER], "", issuer).document.get("spec")
    return cuts.earliest_end(spec if isinstance(spec, dict) else {}, moment)


def _agent(text: str) -> AgentRef:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name):
        raise typer.BadParameter(f"{text!r} names no agent; write NAMESPACE/NAME")
    return AgentRef(namespace, name)


def _now() -> int:
    return int(time.time())  # noqa: TID251 -- durations are meant from the moment of the command


def _moment(before: str | None) -> int | None:
    try:
        return None if before is None else _now() if before == "now" else read_moment(before, _now())
    except MomentUnreadable as error:
        raise fail(str(error)) from error


def _duration(text: str) -> int:
    try:
        return read_duration(text)
    except MomentUnreadable as error:
        raise fail(str(error)) from error
