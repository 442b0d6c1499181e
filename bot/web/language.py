"""Which of our languages a browser asks for."""

import re

from aiohttp import web

from cogs._ui.words import Words, languages

_TAG = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z]{2})?")
_MOST = 12


def asked_for(request: web.Request) -> Words:
    """The words of the first language that we have, as that place writes its numbers; otherwise English."""
    ours = {"en", *languages()}
    # The quality values are in order in every browser.
    for each in request.headers.get("Accept-Language", "").split(",")[:_MOST]:
        tag = _TAG.fullmatch(each.partition(";")[0].strip())
        if tag and tag[1].lower() in ours:
            return Words.of(f"{tag[1].lower()}{(tag[2] or '').upper()}")
    return Words.of(None)
