"""How partners are spoken of: customers choose those that take money, the shop uses the others."""

from cogs._ui.words import Words, later
from services.partner import PartnerKind
from services.providers import ProviderView
from services.shops import Shop

HEADINGS = {
    PartnerKind.PAYMENT: later("Payment providers"),
    PartnerKind.MAIL: later("E-mail"),
    PartnerKind.TAX: later("Tax"),
    PartnerKind.SHIPPING: later("Shipping"),
}


def takes_money(view: ProviderView) -> bool:
    """Whether customers pay through it."""
    return view.kind is PartnerKind.PAYMENT


def provider_state(view: ProviderView, shop: Shop, w: Words) -> str:
    """How far the shop is with a partner, in words."""
    if view.configured and not view.readable:
        return w("its keys cannot be read any more, enter them anew")
    if not view.opens:
        return w("takes no new payments, only old ones are followed") if view.configured else w("closed")
    if not view.configured:
        return w("not set up")
    if not view.fits_currency:
        return w("not offered: it does not take {currency}", currency=shop.currency)
    return _payment_state(view, w) if takes_money(view) else _use_state(view, w)


def _payment_state(view: ProviderView, w: Words) -> str:
    if not view.offered:
        return w("set up, not offered")
    return w("offered, but it does not answer at the moment") if view.down else w("offered")


def _use_state(view: ProviderView, w: Words) -> str:
    if not view.offered:
        return w("set up, not in use")
    return w("in use, but it does not answer at the moment") if view.down else w("in use")


def use_label(view: ProviderView, w: Words) -> str:
    """What the button says that takes it into use."""
    return w("Offer at checkout") if takes_money(view) else w("Use it")


def leave_label(view: ProviderView, w: Words) -> str:
    """What the button says that takes it out of use."""
    return w("Do not offer") if takes_money(view) else w("Do not use it")


def out_of_use(view: ProviderView, w: Words) -> str:
    """What it means that a test failed and it was therefore taken out of use."""
    return (
        w("Until then customers are not offered it.") if takes_money(view) else w("Until then I do without.")
    )


def site_question(view: ProviderView, environment: str, w: Words) -> str:
    """What going to the live or the sandbox site means."""
    if takes_money(view):
        said = (
            w("In the sandbox payers spend play money and get real goods.")
            if environment == "sandbox"
            else w("On the live site payers spend real money.")
        )
        kept = w(
            "The keys stay, but most providers give others for it. Payments under way are lost from sight."
        )
        return f"{said} {kept}"
    said = (
        w("In the sandbox nothing real comes of what I do.")
        if environment == "sandbox"
        else w("On the live site everything is real.")
    )
    return f"{said} {w('The keys stay, but most providers give others for it.')}"


def remove_question(view: ProviderView, w: Words) -> str:
    """What forgetting the keys means."""
    if takes_money(view):
        return w(
            "Shall I forget these keys? Customers cannot choose it any more, and I do not hear of payments "
            "that are under way, nor can I give money back through it."
        )
    return w("Shall I forget these keys? I do without it then.")
