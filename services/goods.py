"""What buyers get beside keys and roles: a text, a link and a file, put on a product by staff."""

import re
from datetime import timedelta
from typing import Any

from models.base import Db, Tx
from models.digital_file import DeliveryFile, DigitalFile
from models.entitlement import Entitlement, EntitlementStatus
from models.errors import BadInput
from models.member import Member
from models.order import Order
from models.product import Product
from models.required import required
from services.audit import Audit
from services.clock import Clock
from services.outbox import Outbox
from services.shops import Shop

MAX_FILE_BYTES = 8 * 1024 * 1024
_NAME_LENGTH = 100
_UNFIT = re.compile(r"[^\w.+=@ ()-]+")
# Whoever was confirming with the old file has long ordered it by then, or not.
_KEPT_UNUSED = timedelta(days=1)


class Goods:
    """Keeps the files of products and of what was bought; texts and links are frozen in the order itself."""

    def __init__(self, db: Db, clock: Clock, *, audit: Audit, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox

    async def set_file(
        self, shop: Shop, actor: Member, product_id: str, name: str, content: bytes
    ) -> Product:
        """Let buyers get this file; raises NotFound, or BadInput for an empty or a large one.

        Those who bought it before keep the file that it had then.
        """
        if not content:
            raise BadInput("delivery_file", "empty_file")
        if len(content) > MAX_FILE_BYTES:
            raise BadInput("delivery_file", "file_size", "8 MiB")
        file = DigitalFile(
            tenant_id=shop.id,
            product_id=product_id,
            name=file_name(name),
            size=len(content),
            content=content,
        )
        return await self._set(shop, actor, product_id, file)

    async def drop_file(self, shop: Shop, actor: Member, product_id: str) -> Product:
        """Let buyers get no file any more; raises NotFound."""
        return await self._set(shop, actor, product_id, None)

    async def _set(self, shop: Shop, actor: Member, product_id: str, file: DigitalFile | None) -> Product:
        given = file.reference.model_dump_doc() if file else None

        async def work(tx: Tx) -> Product:
            product = required(await Product.get(self._db, shop.id, product_id, tx=tx), "product")
            if file is not None:
                await file.insert(self._db, tx=tx)
            old = product.delivery_file
            if old is not None:
                await DigitalFile.set_replaced(self._db, shop.id, old.file_id, self._clock.now(), tx=tx)
            await Product.set_fields(self._db, product, {"deliveryFile": given}, tx=tx)
            before = {"deliveryFile": old.model_dump_doc() if old else None}
            after = {"deliveryFile": given}
            await self._audit.record(
                shop.id, actor, "product.edit", product, before=before, after=after, tx=tx
            )
            return await Product.get(self._db, shop.id, product_id, tx=tx) or product

        return await self._outbox.commit(work)

    async def content(self, tenant_id: str, file: DeliveryFile) -> bytes | None:
        """The bytes of a file that an order or a product of this tenant names; None when it is gone."""
        found = await DigitalFile.get(self._db, tenant_id, file.file_id)
        return None if found is None else found.content

    async def sweep(self) -> int:
        """Forget replaced files, of every tenant, that no order needs; how many."""
        dropped = 0
        for tenant_id, file_id in await DigitalFile.replaced(self._db, self._clock.now() - _KEPT_UNUSED):
            if not await Order.with_file(self._db, tenant_id, file_id):
                dropped += await DigitalFile.drop(self._db, tenant_id, file_id)
        return dropped


def file_of(owed: Entitlement) -> DeliveryFile | None:
    """The file that an entitlement hands over; None when it has none or was taken back."""
    named: dict[str, Any] | None = owed.metadata.get("file")
    if named is None or owed.status is not EntitlementStatus.GRANTED:
        return None
    return DeliveryFile(**named)


def file_name(text: str) -> str:
    """A name that every system takes, its ending kept."""
    name = _UNFIT.sub("_", text.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not stem:
        return name[:_NAME_LENGTH] or "file"
    ending = ending[:20]
    return f"{stem[: _NAME_LENGTH - len(ending) - 1]}{dot}{ending}"
