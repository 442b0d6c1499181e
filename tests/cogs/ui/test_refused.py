"""A refusal leads on by a click: the command that its sentence names is a button beside it."""

import re

import pytest

from cogs._ui.card import Button
from cogs._ui.refusals import sentence
from cogs._ui.refused import refused
from cogs._ui.words import Words
from models.errors import CartEmpty, NotFound, ShopError
from tests.cogs.ui.test_refusals import SAMPLES

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")
# Only the server's own people may open a shop, and an import needs a kind first.
WITHOUT = {"/admin setup", "/admin", "/admin import"}


def ways(error: ShopError, w: Words = ENGLISH, *, counter: bool = False) -> list[Button]:
    """The buttons below a refusal."""
    return [button for row in refused(error, w, counter=counter).rows for button in row]  # type: ignore[union-attr]


@pytest.mark.parametrize("error", SAMPLES, ids=repr)
def test_every_command_that_a_refusal_names_is_a_button(error: ShopError) -> None:
    """In any language, although commands have other names there."""
    named = set(re.findall(r"`(/[a-z ]+)`", sentence(error, ENGLISH))) - WITHOUT
    assert len(ways(error)) == len(ways(error, GERMAN)) == len(named)


def test_buttons_say_what_they_open_in_the_persons_language() -> None:
    """Customers read words, staff the commands that they know."""
    assert [button.label for button in ways(CartEmpty(), GERMAN)] == [GERMAN("Browse the shop")]
    assert [button.label for button in ways(NotFound("queue"))] == ["/admin queue"]


def test_staff_are_sent_to_their_own_lists() -> None:
    """What they look for need not be on any shelf, and is in no order of theirs."""
    for kind, command in (("product", "product"), ("order", "order"), ("payment", "payments")):
        card = refused(NotFound(kind), ENGLISH, counter=True)
        assert f"`/admin {command}`" in str(card.note)
        assert [button.label for button in ways(NotFound(kind), counter=True)] == [f"/admin {command}"]
