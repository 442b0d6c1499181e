"""What most drills of the replica set need, in one hand."""

from typing import NamedTuple

from models.base import Db
from services import Services
from services.shops import Shop
from tests.drills.blow import Blow
from tests.drills.replica_set import ReplicaSet
from tests.services.conftest import MakeProduct, TestClock


class Stage(NamedTuple):
    """A shop over three members of a set, and what may befall them."""

    db: Db
    members: ReplicaSet
    blow: Blow
    services: Services
    shop: Shop
    product: MakeProduct
    clock: TestClock
