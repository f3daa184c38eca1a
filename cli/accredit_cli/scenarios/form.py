"""What a scenario file may say (docs/cli.md). An unknown member is an error: a typo must not weaken a test."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from accredit_cli.moments import MomentUnreadable, read_duration, read_moment
from accredit_extauthz.model.decision import Ruling
from accredit_extauthz.model.reason import Reason
from accredit_operator.compile.premises import HostClaims
from accredit_operator.kinds.resource import Choice, Maybe
from accredit_operator.world import ConditionReason

BODIES = ("body", "json", "mcp")  # a request has at most one

Members = dict[str, object]


def _moment(value: object) -> int:
    try:
        return read_moment(str(value))
    except MomentUnreadable as error:
        raise PydanticCustomError("moment", "{text}", {"text": str(error)}) from error


def _seconds(value: object) -> int:
    try:
        return read_duration(str(value))
    except MomentUnreadable as error:
        raise PydanticCustomError("duration", "{text}", {"text": str(error)}) from error


Moment = Annotated[int, BeforeValidator(_moment)]  # Unix seconds
Seconds = Annotated[int, BeforeValidator(_seconds)]


class Part(BaseModel):
    """A piece of a scenario file, camelCase as manifests are."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


class Message(Part):
    """One MCP message; `id` and `jsonrpc` are filled in."""

    method: str
    params: Members | None = None
    id: int | str | None = 1  # null makes a notification


class Request(Part):
    """The HTTP request as Envoy saw it. A header that is null is not sent."""

    method: str | None = None  # GET, or POST with a body
    host: str
    path: str = "/"
    headers: dict[str, str | None] = {}
    body: str | None = None
    json_: object = Field(default=None, alias="json")
    mcp: Message | None = None


class Token(Part):
    """A token of a TrustedIssuer, signed with its test key. A claim or header member that is null is left out."""

    issuer: str
    claims: Members = {}
    claims_text: str | None = None  # the payload as it stands, in place of claims
    header: Members = {}
    age: Seconds = 10  # `iat` is this long before `at`
    lifetime: Seconds = 600  # `exp` is this long after `iat`
    signed_by: str = "test-1"  # a kid, or `stranger`: a key that the issuer does not have
    tamper: Literal["signature", "payload"] | None = None  # changed after it was signed
    raw: str | None = None  # sent in place of a token that was built


class Peer(Part):
    """The verified TLS peer. The certificate is PEM, as Envoy passes it on."""

    principal: str = ""
    address: str = "192.0.2.1"
    certificate: str = ""


class Settings(Part):
    """Where the programs run. Kubernetes: hosts are granted, and a view's age is known."""

    platform: Literal["Manifests", "Kubernetes"] = "Manifests"
    host_claims: Choice[HostClaims] | None = None
    trust_domain: str = "cluster.local"
    cluster_domain: str = "cluster.local"
    operator_namespace: str = "accredit-system"
    gateway_identities: Annotated[tuple[str, ...], Field(strict=False)] = ()
    max_body: int = 65536


class Expectation(Part):
    """What must come out. A member that is left out is not looked at; verdict and reason are never left out."""

    verdict: Choice[Ruling]
    reason: Choice[Reason]
    policy: Maybe[str] = None  # NAMESPACE/NAME of the one that governs, or because of which nothing does
    rule: Maybe[str] = None  # its name, or NAMESPACE/NAME/RULE of another policy's
    status: Maybe[int] = None
    headers: dict[str, str] = {}  # to the upstream when it passes, to the client when it is denied
    present: Annotated[tuple[str, ...], Field(strict=False)] = ()  # headers whose value does not matter
    absent: Annotated[tuple[str, ...], Field(strict=False)] = ()
    body: object = None  # of a denial; members of objects that are left out are not looked at


class Situation(Part):
    """Everything that one decision rests on beside the objects."""

    at: Moment
    request: Request
    token: Token | None = None
    peer: Peer | None = None
    destination: str = ""
    extensions: dict[str, str] = {}
    settings: Settings = Settings()
    keys: dict[str, Annotated[tuple[str, ...], Field(strict=False)] | None] = {}  # algorithms, or null: as written
    snapshot: Literal["missing"] | None = None
    view_age: Seconds = 0
    refused: dict[str, Choice[ConditionReason]] = {}  # objects that are not Accepted, and why


SITUATION = frozenset(field.alias or name for name, field in Situation.model_fields.items())


class Case(Part):
    """One case; `situation` holds what it changes of its file's."""

    case: str
    with_: dict[str, Members | None] = Field(default={}, alias="with")
    expect: Expectation
    situation: Members = {}

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, written: object) -> object:
        return _gathered(written)


class File(Part):
    """A scenario file."""

    about: str | None = None
    manifests: Annotated[tuple[str, ...], Field(strict=False)] = ()
    objects: Annotated[tuple[Members, ...], Field(strict=False)] = ()
    situation: Members = {}
    cases: Annotated[tuple[Case, ...], Field(strict=False, min_length=1)]
    anchors: object = None  # a place for YAML anchors; not read

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, written: object) -> object:
        return _gathered(written)


def _gathered(written: object) -> object:
    """Move the members of a Situation into `situation`: they are validated when file and case are laid together."""
    if not isinstance(written, dict) or "situation" in written:
        return written
    rest = {name: value for name, value in written.items() if name not in SITUATION}
    return {**rest, "situation": {name: value for name, value in written.items() if name in SITUATION}}
