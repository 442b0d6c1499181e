"""What old Confirms left behind, by names: one record that cannot be read must not hide the others."""

from typing import NamedTuple


class Left(NamedTuple):
    """An order id that may stand or not, and the products whose holds name it."""

    tenant_id: str
    order_id: str
    product_ids: list[str]
