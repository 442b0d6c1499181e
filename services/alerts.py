"""What staff should look at, one by one."""

from models.alert import Alert
from models.base import Db


class Alerts:
    """Reads alerts; they are raised where the thing happens."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def of(self, tenant_id: str, alert_id: str) -> Alert | None:
        """One alert of a tenant."""
        return await Alert.get(self._db, tenant_id, alert_id)
