"""The payment processors of this installation, found by the way to pay that they serve."""

from models.errors import NotFound
from models.payment_method import PaymentMethod
from models.required import required
from services.partners import Partners
from services.payments.processor import AnyProcessor


class Adapters:
    """Finds a processor's adapter by its method or by its name."""

    def __init__(self, partners: Partners) -> None:
        made = partners.processors()
        self._by_method = {adapter.descriptor.value: adapter for adapter in made}
        self._by_name = {adapter.name: adapter for adapter in made}

    def all(self) -> list[AnyProcessor]:
        """Every adapter, in order of display."""
        return list(self._by_method.values())

    def find(self, method: str) -> AnyProcessor | None:
        """The adapter of a method; None for one that staff confirm."""
        return self._by_method.get(PaymentMethod(method)) if method in set(PaymentMethod) else None

    def of(self, method: str) -> AnyProcessor:
        """The adapter of a method; raises NotFound."""
        return required(self.find(method), "provider")

    def named(self, name: str) -> AnyProcessor:
        """The adapter that a webhook's address names; raises NotFound."""
        if name not in self._by_name:
            raise NotFound("provider")
        return self._by_name[name]
