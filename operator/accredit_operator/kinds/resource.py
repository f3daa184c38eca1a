"""What all objects share: how fields are read, metadata, references, lists, status.

Reading is strict: unknown fields, nulls, texts for numbers and the like are errors, so that a typo never changes what
an object means.
"""

from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from accredit_operator.kinds.lists import ListType
from accredit_operator.kinds.rules import Rule, enforce, with_validations
from accredit_operator.kinds.text import LabelName, ObjectName, Text
from accredit_operator.kinds.times import Instant, unix_seconds

GROUP = "accredit.dev"
VERSION = "v1alpha1"

T = TypeVar("T")


class Node(BaseModel):
    """A piece of an object as users write it: camelCase members, each described by the text beneath it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
    )
    obeys: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obey(self) -> Self:
        enforce(self.obeys, self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the rules to the schema."""
        written = handler.resolve_ref_schema(handler(schema))
        written.update(with_validations(written, [rule.as_validation() for rule in cls.obeys]))
        return written


class _NotNull:
    """Makes an optional member one that may be left out but not be null."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        nullable = handler(source)
        assert nullable["type"] == "nullable"
        inner: CoreSchema = nullable["schema"]
        return inner


Maybe = Annotated[T | None, _NotNull()]

# Lists are tuples. `Some` has at least one item, `SetOf` no item twice; 64 items at most.
ListOf = Annotated[tuple[T, ...], Field(strict=False, max_length=64), ListType("atomic")]
SomeOf = Annotated[tuple[T, ...], Field(strict=False, min_length=1, max_length=64), ListType("atomic")]
SetOf = Annotated[tuple[T, ...], Field(strict=False, max_length=64), ListType("set")]
SomeSetOf = Annotated[tuple[T, ...], Field(strict=False, min_length=1, max_length=64), ListType("set")]
MapOf = Annotated[tuple[T, ...], Field(strict=False, max_length=64), ListType("map", key="name")]
Choice = Annotated[T, Field(strict=False)]  # an enum, written as its text


class IssuerRef(Node):
    """A TrustedIssuer by name."""

    name: ObjectName
    """Name of a TrustedIssuer whose allowedNamespaces include this namespace."""


class AgentReference(Node):
    """An AgentIdentity by name, and by namespace when it is another one's."""

    name: ObjectName
    """Name of an AgentIdentity."""
    namespace: Maybe[LabelName] = None
    """Namespace of the AgentIdentity. The object's own namespace when left out."""


class ObjectRef(Node):
    """An object of the same namespace by name."""

    name: ObjectName
    """Name of the object, in the namespace of the one that refers to it."""


class Condition(Node):
    """One observation about an object."""

    type: Annotated[str, Field(max_length=316, pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    """What is observed: Accepted, Programmed, Ready, or KeysFetched for issuers."""
    status: Literal["True", "False", "Unknown"]
    """Whether it is so. One of True, False, Unknown."""
    reason: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z][A-Za-z0-9]*$")]
    """Why, as one CamelCase word that programs can rely on."""
    message: Annotated[str, Field(max_length=32768)]
    """Why, as a sentence: the field, what was found, what to write."""
    last_transition_time: Instant
    """When the status last changed. An RFC 3339 date-time."""
    observed_generation: Maybe[Annotated[int, Field(ge=0)]] = None
    """The metadata.generation that was observed."""


class Status(Node):
    """What the operator observed."""

    observed_generation: Maybe[Annotated[int, Field(ge=0)]] = None
    """The metadata.generation that this status speaks of."""
    conditions: Annotated[tuple[Condition, ...], Field(strict=False, max_length=64), ListType("map", key="type")] = ()
    """Accepted (it was compiled), Programmed (every live replica serves it) and Ready (both)."""


class Metadata(BaseModel):
    """What of an object's metadata counts here. Members that the API server adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, alias_generator=to_camel)

    name: ObjectName
    namespace: Maybe[LabelName] = None
    labels: Maybe[dict[str, str]] = None
    annotations: Maybe[dict[str, str]] = None
    uid: Maybe[Text] = None
    generation: Annotated[int, Field(ge=0)] = 0
    creation_timestamp: Instant | None = None  # generators of manifests write null here

    @property
    def created_at(self) -> int | None:
        """Unix seconds of creationTimestamp; None where none is written."""
        return None if self.creation_timestamp is None else unix_seconds(self.creation_timestamp)


class Resource(Node):
    """A whole object. Its status is ours to write, so what a file says there is not read."""

    plural: ClassVar[str]
    short_name: ClassVar[str]
    is_namespaced: ClassVar[bool] = True
    status_model: ClassVar[type[Status]] = Status
    columns: ClassVar[tuple[tuple[str, str, str], ...]] = ()  # heading, type, JSONPath

    api_version: Literal["accredit.dev/v1alpha1"]
    metadata: Metadata

    @model_validator(mode="before")
    @classmethod
    def _drop_status(cls, written: object) -> object:
        return (
            {name: value for name, value in written.items() if name != "status"}
            if isinstance(written, dict)
            else written
        )
