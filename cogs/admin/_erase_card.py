"""Erasing a person: what it means, what is in its way, and typing whom, because it cannot be undone."""

from cogs._ui.card import Button, Card, Field, plain
from cogs._ui.form import Form, Input
from cogs._ui.people_refusals import debts
from cogs._ui.target import Target
from cogs._ui.text import code, mention
from cogs._ui.words import Words
from cogs.admin._customer_card import name
from models.customer import Customer
from services.erasure import ErasureView


def erase_card(view: ErasureView, w: Words) -> Card:
    """What goes, what stays, and the debts if there are any."""
    customer, key = view.customer, view.customer.key
    back = Button(w("Back to the customer"), Target("customer:open", key))
    who = " ".join(mention(each.discord_id) for each in (customer, *view.accounts))
    stays = w.count(view.orders, "{n} order stays in the books", "{n} orders stay in the books")
    fields = [
        Field(w("Goes"), w("Names, e-mail, phone, addresses, notes, texts, log-ins, carts and waits.")),
        Field(w("Stays"), w("{orders}: lines, amounts, dates and invoice numbers.", orders=stays)),
        Field(w("Discord id"), code(customer.discord_id)),
    ]
    if view.debts:
        fields.append(Field(w("Please settle first"), debts(tuple(view.debts), w)))
    erase = Button(w("Erase"), Target("erase:form", key), "danger", disabled=bool(view.debts))
    held = w("A role that they hold stays theirs, and only for it their Discord id is kept until it ends.")
    return Card(
        title=w("Erase {name}?", name=plain(name(customer))),
        text=f"{who}\n{w('This cannot be undone.')} {held}",
        fields=fields,
        colour="bad",
        rows=[[erase, back, Button(w("Look again"), Target("erase:ask", key))]],
    )


def erase_form(customer: Customer, w: Words) -> Form:
    """Whom to erase, typed."""
    hint = w("Type {id} to erase this person for good.", id=customer.discord_id)
    typed = Input("typed", w("Discord id of the person"), max_length=30, hint=hint)
    return Form(w("Erase a person"), Target("erase:form", customer.key), [typed])


def erased_card(w: Words) -> Card:
    """It is done."""
    said = w("They are erased. Messages in Discord and what providers keep are not mine to erase.")
    return Card(
        title=w("Erased"),
        text=said,
        colour="good",
        rows=[[Button(w("All customers"), Target("customer:list"))]],
    )
