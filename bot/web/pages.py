"""Turns a template into a page that carries everything it needs."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from aiohttp import web
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.web.headers import NOTHING
from bot.web.theming import stylesheet
from cogs._charts import STYLE as CHART_STYLE
from cogs._ui.text import cut
from cogs._ui.words import Words, languages
from services.themes import Look

TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_TEXT = 160
# Controls, also those that turn the reading order around.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Pages:
    """The templates with their one stylesheet, read once."""

    def __init__(self) -> None:
        self._languages = languages()
        self._style = (TEMPLATES / "style.css").read_text(encoding="utf-8") + CHART_STYLE
        self._policy = f"{NOTHING}; style-src '{_hash(self._style)}'"
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["short"] = _short

    def page(
        self, template: str, words: Words, *, status: int = 200, look: Look | None = None, **values: Any
    ) -> web.Response:
        """The filled-in template with the Content-Security-Policy that admits its stylesheets alone.

        With a look its colours replace those of the stylesheet, on screens only.
        """
        theme = stylesheet(look) if look else ""
        language = words.locale.language if words.locale.language in self._languages else "en"
        text = self._templates.get_template(template).render(
            values,
            w=words,
            # The policy names the stylesheet by its hash: it stands in the page exactly as in the file.
            style=Markup(self._style),  # noqa: S704 - a file of ours
            theme=Markup(theme),  # noqa: S704 - names of ours and checked colours
            language=language,
            direction=Locale(language).text_direction,
        )
        policy = f"{self._policy} '{_hash(theme)}'" if theme else self._policy
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _hash(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"sha256-{digest}"


def _short(text: str) -> str:
    return cut(" ".join(_UNSEEN.sub("", text).split()), _LONGEST_TEXT)
