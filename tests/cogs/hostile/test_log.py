"""The log of what people do holds ids and names of actions, and no word of theirs."""

import io
import logging

import pytest

from bot.config import LogSettings
from bot.log import handler
from bot.sandbox import Person
from models.base import Db
from models.customer import Customer

WORD = "my-private-word@example.org"


@pytest.mark.usefixtures("bot")
async def test_neither_names_nor_texts_nor_made_up_ids_are_logged(
    db: Db, caplog: pytest.LogCaptureFixture, ada: Person
) -> None:
    """Of a purchase that goes well, one that is refused, a forged click and a fault; ids are."""
    caplog.set_level(logging.DEBUG, "cogs")
    ada.user.name, ada.user.display_name = "quiet-name", "Quiet Name"
    form = await (await ada.run("/account profile")).open("Change")
    await form.submit({"E-mail address": WORD})
    assert "does not look like" in (await form.submit({"E-mail address": "no-address-of-mine"})).text
    seen = await ada.run("/shop browse", query="secret wish")
    await ada.click(seen, custom_id="my-word:of-mine:1", forged=True)
    await Customer.rows(db).update_one({}, {"$set": {"addresses": WORD}})
    assert "TESTCODE" in (await ada.run("/account profile")).text
    written = io.StringIO()
    out = handler(LogSettings(), (), written)
    for record in caplog.records:
        out.emit(record)
    log = written.getvalue()
    assert "interaction_failed" in log
    assert "account profile" in log
    for word in (WORD, "no-address-of-mine", "quiet-name", "Quiet Name", "secret wish", "my-word"):
        assert word not in log, word
