"""What staff fill in about a customer."""

from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.customer import Customer

_REMARK, _NOTE = 1000, 4000


def search_form(query: str, w: Words) -> Form:
    """Whom to look for."""
    words = Input("query", w("Name, e-mail address or order number"), query, required=False, max_length=50)
    return Form(w("Search customers"), Target("customer:search"), [words])


def other_form(customer: Customer, w: Words) -> Form:
    """Whom to merge with, where they cannot be picked because they left the server."""
    words = Input("query", w("Name, e-mail address or order number"), max_length=50)
    return Form(w("Search customers"), Target("customer:other", customer.key), [words])


def edit_form(customer: Customer, w: Words) -> Form:
    """How to reach them, and what staff should know."""
    email = Input("email", w("E-mail address"), customer.email or "", required=False, max_length=254)
    phone = Input("phone", w("Phone number"), customer.phone or "", required=False, max_length=40)
    remark = Input(
        "remark",
        w("What staff should know"),
        customer.notes or "",
        required=False,
        long=True,
        max_length=_REMARK,
    )
    return Form(
        w("Edit a customer"), Target("customer:edit", customer.key), [email, phone, remark], edits=True
    )


def note_form(customer: Customer, w: Words) -> Form:
    """A note that stays as it is."""
    hint = w("It stays as it is, with your name and the time.")
    note = Input("note", w("Note, for the staff only"), long=True, max_length=_NOTE, hint=hint)
    return Form(w("Add note"), Target("customer:note", customer.key), [note])
