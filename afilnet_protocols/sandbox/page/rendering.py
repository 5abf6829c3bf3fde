"""`Renderer`: views from templates, in the language of the reader, with everything that is shown escaped."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from urllib.parse import urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from afilnet_protocols.sandbox.page import translations
from afilnet_protocols.sandbox.page.conversations import ConversationKey
from afilnet_protocols.sandbox.page.exact import exact, named
from afilnet_protocols.sandbox.page.files import template_named
from afilnet_protocols.sandbox.state.accounts import Account

_LANGUAGE = "afilnet-language"


class Renderer:
    """Writes the views.

    Args:
        token: what a change must carry; it is written into every view.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def render(self, request: Request, template: str, **shown: object) -> Response:
        """Return a view, in the language of the reader."""
        chosen = request.query_params.get("lang") or request.cookies.get(_LANGUAGE)
        language = translations.preferred(request.headers.get("accept-language", ""), chosen)
        text = (
            _templates()
            .get_template(template)
            .render(
                t=lambda key: translations.translate(key, language),
                language=language,
                told=translations.FaultWords(language),
                token=self._token,
                path=request.url.path,
                link=_link,
                switch=_switch(request),
                **shown,
            )
        )
        answer = HTMLResponse(text)
        if request.query_params.get("lang") in translations.LANGUAGES:
            answer.set_cookie(_LANGUAGE, language, samesite="strict", httponly=True)
        return answer


@functools.cache
def _templates() -> jinja2.Environment:
    """Return the templates, each compiled once for all sandboxes: nothing of a sandbox is in them."""
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_named),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"exact": exact, "named": named}
    return made


def _link(account: Account, where: ConversationKey | None = None, path: str = "/", **further: object) -> str:
    """Return the address of a conversation in the page."""
    named_parts: Mapping[str, object] = {"account": account.user}
    if where is not None:
        place = {"platform": where.platform, "platform_id": where.platform_id, "destination": where.destination}
        named_parts = {**named_parts, **place}
    return f"{path}?{urlencode({**named_parts, **further})}"


def _switch(request: Request) -> list[tuple[str, str]]:
    """Return the address of what is shown, in each language."""
    return [(each, str(request.url.include_query_params(lang=each))) for each in translations.LANGUAGES]
