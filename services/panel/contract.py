"""What a kind of record declares, so that the panel can list, search, open and change it (docs/adr/0025)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models.base import Document
from models.browsing import Row
from services.access import Permission

type Values = dict[str, Any]
type Check = Callable[[Document, Mapping[str, Any]], Values]


class PanelSection(StrEnum):
    """The four parts of the panel."""

    PEOPLE = "people"
    COMMERCE = "commerce"
    CONFIGURATION = "configuration"
    MONITORING = "monitoring"


class Scope(StrEnum):
    """Whose records a shop sees: its own, also those for everybody, only those, or its users'."""

    OWN = "own"
    SHARED = "shared"
    SYSTEM = "system"
    USERS = "users"


@dataclass(frozen=True)
class Filter:
    """A choice of one value of an enumeration or a yes/no field, and the order within what it leaves."""

    field: str
    sort: str = "-createdAt"


@dataclass(frozen=True)
class Form:
    """Up to five fields that are changed together; `name` is how the form is called."""

    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A button to a card of its own: the action, and the field that it is told, if any."""

    action: str
    field: str = "_id"


@dataclass(frozen=True)
class Link:
    """A field that names one record of another kind, by its id or by another field of it."""

    field: str
    to: str
    by: str = "_id"


@dataclass(frozen=True)
class Related:
    """Records of another kind whose `field` names this one, by its id or by another field of it."""

    to: str
    field: str
    own: str = "_id"


def nothing_more(_: Document, values: Mapping[str, Any]) -> Values:
    """The check of a record whose declared types say all there is to say."""
    return dict(values)


@dataclass(frozen=True)
class Declared:
    """One kind of record in the panel; fields are written as they are stored.

    `columns` begin with what a record is called by; `called` are other fields that name it. `edits` is the
    key of its special card, for changes here, too; without one nothing is changed here. `changed_with` is
    the command that changes the rest.
    `moves` are fields that change by themselves, so that an editor need not be told. `check` says what the
    types do not: it gets the new values by Python names and returns them with what follows from them, or
    raises BadInput. `closed` gives the state of a record that nobody may change any more. `keyed` are fields
    that take more keys than `edits`.
    """

    code: str
    model: type[Document]
    section: PanelSection
    columns: tuple[str, ...]
    sort: str = "-createdAt"
    scope: Scope = Scope.OWN
    looks: Permission = Permission.PANEL_VIEW
    search: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    edits: Permission | None = None
    forms: tuple[Form, ...] = ()
    switches: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    changed_with: str | None = None
    ways: tuple[Way, ...] = ()
    links: tuple[Link, ...] = ()
    related: tuple[Related, ...] = ()
    hidden: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()
    check: Check = nothing_more
    closed: Callable[[Row], str | None] = lambda _: None
    shows_storefront: bool = False
    keyed: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    called: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the record is called in the data dictionary and in the audit log."""
        return self.model.__name__

    @property
    def called_by(self) -> tuple[str, ...]:
        """The fields of which the first that is set says which record it is."""
        return self.called or self.columns[:1]

    @property
    def single(self) -> bool:
        """Whether each shop has one record of this kind."""
        return self.sort == "tenantId"

    @property
    def editable(self) -> tuple[str, ...]:
        """Every field that may be changed here."""
        of_forms = [field for form in self.forms for field in form.fields]
        return (*of_forms, *self.switches, *self.choices)
