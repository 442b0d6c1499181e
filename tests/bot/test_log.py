"""The log: one line per event, and nothing in it that must stay secret."""

import io
import json
import logging
import time
from collections.abc import Iterator
from itertools import count

import pytest
from pymongo.errors import PyMongoError

from bot.config import LogSettings, load_settings
from bot.log import CHATTY, handler, set_up
from models.base import Db
from models.correlation import CROCKFORD, fresh

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4" + ".Cl2FMQ." + "ZnCjm1XVW7vRze4b7Cq4se7kKWs"
LINK = "eyJvcmRlciI6IjY1ZjAifQ" + ".q7hWl0VbXx0Yl5r8o2v1nQ3kq1ePZt8s"
NUMBERS = count()


class Journal:
    """A logger of its own, and what it wrote."""

    def __init__(self, *hidden: str, as_json: bool = False) -> None:
        self._stream = io.StringIO()
        self.log = logging.getLogger(f"journal.{next(NUMBERS)}")
        self.log.propagate = False
        self.log.setLevel(logging.DEBUG)
        self.log.addHandler(handler(LogSettings.model_validate({"json": as_json}), hidden, self._stream))

    def lines(self) -> list[str]:
        """Everything written so far."""
        return self._stream.getvalue().splitlines()

    def line(self) -> str:
        """The one line written so far."""
        (line,) = self.lines()
        return line


def raise_with(text: str) -> None:
    raise LookupError(text)


def test_a_record_is_one_line_of_event_and_fields() -> None:
    """Fields come as key=value, quoted where a space or a line's end would confuse."""
    journal = Journal()
    journal.log.info("order_paid", extra={"order": 7, "note": "two words", "text": "a\nb", "none": None})
    time, rest = journal.line().split(" ", 1)
    assert time.endswith("Z")
    assert "T" in time
    assert rest == rf'INFO {journal.log.name} order_paid order=7 note="two words" text="a\nb" none=None'


def test_json_lines_keep_numbers_and_texts_apart() -> None:
    """Log collectors read one object per line."""
    journal = Journal(as_json=True)
    journal.log.warning("stock_low", extra={"left": 2, "share": 0.5, "sold_out": False, "title": "Überraum"})
    found = json.loads(journal.line())
    assert {key: found[key] for key in ("level", "event", "left", "share", "sold_out", "title")} == {
        "level": "WARNING",
        "event": "stock_low",
        "left": 2,
        "share": 0.5,
        "sold_out": False,
        "title": "Überraum",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_a_forged_line_stays_inside_its_own(*, as_json: bool) -> None:
    """A person's text must not look like an event of ours."""
    journal = Journal(as_json=as_json)
    journal.log.info(
        "typed: %s", "x\n2026-01-01T00:00:00Z INFO bot order_paid\u2028y", extra={"z": "\r\n\x1b[2J"}
    )
    assert "\x1b" not in journal.line()
    assert "order_paid" in journal.line()


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"login {TOKEN} ok", "login *** ok"),
        ("{'Authorization': 'Bot abc.def'}", "{'Authorization': '***'}"),
        ("authorization: Bearer abc", "authorization: ***"),
        ("sent Basic dXNlcjpwYXNzd29yZA==", "sent Basic ***"),
        ("mongodb://me:pass%40word@host:27017/shop", "mongodb://***@host:27017/shop"),
        ("redis://:pass@host", "redis://***@host"),
        (f"GET /invoice/{LINK}?x=1", "GET /invoice/***?x=1"),
        (f"GET /share/{LINK} 200", "GET /share/*** 200"),
        (f"token {LINK} expired", "token *** expired"),
        ("POST /interactions/123/aW50ZXJhY3Rpb24/callback", "POST /interactions/123/***/callback"),
        ("PATCH /webhooks/456/aW50/messages/@original", "PATCH /webhooks/456/***/messages/@original"),
        ("signed with configured-secret.", "signed with ***."),
        ("key sk_live_abc0pass0abc refused", "key *** refused"),
        ("by whsec_abc/pass+abc0= it", "by *** it"),
        ('E11000 dup key: { email: "abc", n: 1 } once', "E11000 dup key: ***"),
        ('E11000 dup key: { name: "a } pass" }', "E11000 dup key: ***"),
        ("batch failed, full error: {'op': {'name': 'pass'}}", "batch failed, full error: ***"),
        ("no customer ada.abc+x@mail.pass.example here", "no customer *** here"),
        ('quote"secret\\too', "***"),
    ],
)
def test_secrets_are_hidden_wherever_they_stand(text: str, left: str, *, as_json: bool) -> None:
    """Messages, arguments, fields, nested values, tracebacks and stacks: each path to the log is closed."""
    journal = Journal("configured-secret", 'quote"secret\\too', as_json=as_json)
    journal.log.info(text)
    journal.log.info("said %s", text, extra={"said": text, "inside": [text]})
    try:
        raise_with(text)
    except LookupError:
        journal.log.exception("failed", stack_info=True)
    everything = "\n".join(journal.lines())
    for secret in (TOKEN, LINK, "abc", "dXNl", "pass", "aW50", "configured-secret", "secret\\too", 'quote"'):
        assert secret not in everything
    assert len(journal.lines()) == 3
    said = json.loads(journal.lines()[1])["event"] if as_json else journal.lines()[1]
    assert f"said {left}" in said


def test_a_badly_written_log_call_still_writes_its_line_and_hides_its_secrets() -> None:
    """Python's own answer to it prints the arguments to the terminal."""
    journal = Journal()
    journal.log.info("two %s places %s", TOKEN)  # noqa: PLE1206 - the point of the test
    assert journal.line().endswith("two %s places %s ('***',)")


def test_a_field_never_replaces_the_record_s_own() -> None:
    """A payment's level is not the level of its record."""
    journal = Journal(as_json=True)
    journal.log.info("order_paid", extra={"level": "gold", "event": "x"})
    found = json.loads(journal.line())
    assert (found["level"], found["level_"], found["event"], found["event_"]) == (
        "INFO",
        "gold",
        "order_paid",
        "x",
    )


def test_ordinary_texts_are_left_alone() -> None:
    """A log that hides too much helps nobody."""
    journal = Journal("", "abc")
    said = "the bot restarted abc, see https://shop.example.org/webhooks/paypal/65f0c1 or @a.b at noon"
    journal.log.info(said)
    assert journal.line().endswith(said)


async def test_what_the_database_says_of_a_double_quotes_nobody(db: Db) -> None:
    """Its driver tells the value again, and of several records the whole of them; where it broke stays."""
    await db.rows("people").create_index("name", unique=True)
    person = {"name": "Ada }\nLovelace, full", "street": "12 Main Street"}
    await db.rows("people").insert_one({**person})
    again = (
        db.rows("people").insert_one({**person}),
        db.rows("people").insert_many([{**person}]),
        db.rows("people").find_one_and_update({"name": 1}, {"$set": person}, upsert=True),
    )
    for each in again:
        journal = Journal("a-secret-of-the-shop")
        try:
            await each
        except PyMongoError:
            journal.log.exception("effect_broke")
        said = journal.line()
        assert "test_log.py" in said
        assert not [word for word in ("Ada", "Lovelace", "Main Street") if word in said]


@pytest.mark.parametrize(
    "piece", ["a.b-", "a", "x@", "a@b", "eyJa.", "Bearer ", "dup key: {", "dup key: {}", "SG.a"]
)
def test_no_text_makes_the_log_slow(piece: str) -> None:
    """Whoever gets a long text into a line keeps nobody else waiting while secrets are looked for in it."""
    journal = Journal("a-secret-of-the-shop")
    begun = time.process_time()
    journal.log.info("%s@", piece * (100_000 // len(piece)))
    assert time.process_time() - begun < 2


@pytest.fixture
def kept_root() -> Iterator[None]:
    """The logging of the test run itself, put back afterwards."""
    root, handlers = logging.root.level, logging.root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in CHATTY}
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(root)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("kept_root")
def test_set_up_obeys_the_settings_and_quiets_the_libraries() -> None:
    """The configured token is hidden without anyone saying so again."""
    stream = io.StringIO()
    set_up(load_settings(None, {"SHOP_LOG__LEVEL": "debug", "SHOP_DISCORD__TOKEN": "a-plain-token"}), stream)
    logging.getLogger("bot.app").debug("started %s", "a-plain-token")
    logging.getLogger("nextcord.gateway").info("chatter")
    logging.getLogger("pymongo.command").warning("trouble")
    events = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    assert events == ["DEBUG bot.app started ***", "WARNING pymongo.command trouble"]


def test_a_reference_is_short_and_hard_to_misread() -> None:
    """People read it out to staff; no letter in it looks like a digit."""
    found = {fresh() for _ in range(200)}
    assert len(found) == 200
    assert all(len(each) == 8 and set(each) <= set(CROCKFORD) for each in found)
