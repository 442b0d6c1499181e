"""What ways to pay are called, and how a payment by hand is made, step by step, in a payer's words."""

from cogs._ui.card import code
from cogs._ui.linked import linked
from cogs._ui.text import plain
from cogs._ui.words import Words
from models.errors import NotFound
from models.payment_method import PaymentMethod
from services.partners import known_partners
from services.payments import get_payment_method_descriptor, processors
from services.payments.contract import Instructions


def method_name(method: PaymentMethod, w: Words) -> str:
    """What people call a way to pay."""
    try:
        return w(get_payment_method_descriptor(method).display_name)
    except NotFound:
        # An order of a version that had an adapter which this one has not.
        return method.value.replace("_", " ").title()


def way_to_pay(name: str, w: Words) -> str:
    """What customers call paying through a provider, by its name in either case."""
    for processor in processors().values():
        if processor.name == name.lower():
            return w(processor.descriptor.display_name)
    return provider_name(name)


def provider_name(name: str) -> str:
    """Who sent a webhook, by its name in either case."""
    for partner in known_partners():
        if partner.name == name.lower():
            return partner.company
    return name.replace("_", " ").title()


def how_to_pay(due: Instructions, w: Words) -> str:
    """What to send, to whom, with which note, and what to do afterwards."""
    steps = [_send(due, w), _note(due, w), w("Come back and press **I have paid**.")]
    said = "\n".join(f"**{at}.** {step}" for at, step in enumerate(steps, 1))
    extra = own_words(due, w)
    return f"{said}\n{linked(extra)}" if extra else said


def own_words(due: Instructions, w: Words) -> str:
    """What the shop adds in its own words, with this order's amount and reference where they ask for it."""
    amount = w.money(due.amount_cents, due.currency)
    return (due.extra_text or "").replace("{amount}", amount).replace("{reference}", due.reference)


def _send(due: Instructions, w: Words) -> str:
    amount = w.money(due.amount_cents, due.currency)
    name = plain(due.recipient_name) if due.recipient_name else None
    if due.recipient and name:
        return w("Send **{amount}** to {to} ({name}).", amount=amount, to=code(due.recipient), name=name)
    if due.recipient:
        return w("Send **{amount}** to {to}.", amount=amount, to=code(due.recipient))
    if name:
        return w("Give **{amount}** to {name}, as described below.", amount=amount, name=name)
    return w("Pay **{amount}** as described below.", amount=amount)


def _note(due: Instructions, w: Words) -> str:
    reference = code(due.reference)
    if due.note_supported:
        return w("Write {reference} into the note, so that we know it is yours.", reference=reference)
    return w("If there is room for a note, write {reference} into it.", reference=reference)
