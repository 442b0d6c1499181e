"""What the application sells at Discord itself: purchases, their changes and ends, told by the gateway."""

from datetime import datetime
from typing import Any

from bot.sandbox.errors import JSON
from bot.sandbox.ids import stamp
from bot.sandbox.people import Person
from bot.sandbox.places import Community
from bot.sandbox.world import World

_APPLICATION_SUBSCRIPTION = 8
# Entitlements are told whatever a session's intents are.
_NO_INTENT = 0


class Store:
    """Every entitlement; what is done `quietly` is in the list, but the gateway does not tell it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sell(
        self,
        buyer: Person,
        *,
        guild: Community | None = None,
        sku_id: int | None = None,
        kind: int = _APPLICATION_SUBSCRIPTION,
        quietly: bool = False,
    ) -> JSON:
        """Sell an SKU to a person, or to them for a guild; the entitlement as Discord shows it."""
        entitlement: JSON = {
            "id": str(self._world.ids.next()),
            "sku_id": str(sku_id or self._world.ids.next()),
            "application_id": str(self._world.application_id),
            "user_id": str(buyer.id),
            "promotion_id": None,
            "type": kind,
            "deleted": False,
            "consumed": False,
            "gift_code_flags": 0,
            "starts_at": stamp(self._world.clock()),
            "ends_at": None,
        }
        if guild is not None:
            entitlement["guild_id"] = str(guild.id)
        return self._keep("CREATE", entitlement, quietly=quietly)

    def end(self, entitlement: JSON, at: datetime | None, *, quietly: bool = False) -> JSON:
        """Let a subscription end at some time, or go on for now with None."""
        ends = {"ends_at": stamp(at) if at else None}
        return self._keep("UPDATE", entitlement | ends, quietly=quietly)

    def take_back(self, entitlement: JSON, *, quietly: bool = False) -> JSON:
        """Delete an entitlement, as a refund does."""
        return self._keep("DELETE", entitlement | {"deleted": True}, quietly=quietly)

    def tell(self, kind: str, entitlement: Any) -> None:
        """Tell of an entitlement once more, or out of order, or nonsense; the list stays as it is."""
        self._world.emit(f"ENTITLEMENT_{kind}", entitlement, _NO_INTENT)

    def _keep(self, kind: str, entitlement: JSON, *, quietly: bool) -> JSON:
        self._world.entitlements[int(entitlement["id"])] = entitlement
        if not quietly:
            self.tell(kind, entitlement)
        return entitlement
