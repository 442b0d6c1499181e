"""Who may do what, and what is known of a person."""

from typing import Any

from bot.wiring.ground import Ground
from bot.wiring.rooms import Shelf
from services.access import Access
from services.erasure import Erasure
from services.identity_desk import IdentityDesk
from services.moving import Moving
from services.ownership import Ownership
from services.person_data import PersonData
from services.role_desk import RoleDesk
from services.user_desk import UserDesk
from services.webhook_scrub import WebhookScrub


def people(on: Ground, shelf: Shelf) -> dict[str, Any]:
    """The services of users, roles, identities and erasure, by the names of the directory."""
    access = Access(on.db)
    WebhookScrub(on.db).sign_up(on.worker)
    return {
        "access": access,
        "pace": on.pace,
        "absences": on.absences,
        "users": UserDesk(on.db, on.audit),
        "role_desk": RoleDesk(on.db, access=access, audit=on.audit),
        "moving": Moving(on.db, on.clock, shops=on.shops, audit=on.audit, outbox=on.outbox),
        "ownership": Ownership(on.db, shops=on.shops, audit=on.audit),
        "identities": IdentityDesk(on.db, audit=on.audit, vault=on.outside.vault),
        "person_data": PersonData(on.db, customers=shelf.customers, keys=on.keys),
        "erasure": Erasure(
            on.db,
            on.clock,
            audit=on.audit,
            outbox=on.outbox,
            waitlist=shelf.waitlist,
            wakeups=on.wakeups,
        ),
    }
