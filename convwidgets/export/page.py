"""One HTML file with widgets, their page code and their pictures inside."""

from __future__ import annotations

import base64
import html as markup
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from convwidgets.export.assets import asset, packed

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="convwidgets">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; padding: min(16px, 2vw); font: 1em system-ui, sans-serif; background: Canvas }}
main {{ max-width: 1400px; margin: 0 auto }}
main > h1 {{ margin: 0.4em 0; font-size: 1.5em }}
main > nav {{ display: flex; flex-wrap: wrap; gap: 0.3em 1.2em; margin-bottom: 1.5em }}
main > nav a {{ color: LinkText }}
main > section + section {{ margin-top: 2.5em }}
main > section > p {{ margin: 0 0 0.6em }}
/* Only who has to wait sees the still picture: shown at once, it would flash by. */
.still {{ margin: 0; animation: wait 0.4s }}
@keyframes wait {{ from, to {{ visibility: hidden }} }}
.still img {{ max-width: 100%; height: auto }}
</style>
</head>
<body>
<main>
{contents}
{parts}
</main>
<script type="application/json" id="payload">{payload}</script>
<script type="text/plain" id="style">{style}</script>
<script type="text/plain" id="script">{script}</script>
<script>{opener}</script>
</body>
</html>
"""

_PART = """<section id="{name}">
{about}<figure class="still">
<img src="data:image/svg+xml;charset=utf-8,{still}" alt="{note}">
<figcaption class="news" role="alert"></figcaption>
<noscript>This is a still picture. The living widget needs JavaScript.</noscript>
</figure>
<div class="widget"></div>
</section>"""


@dataclass(frozen=True)
class Part:
    """One widget of a page.

    Attributes
    ----------
    title, about : str
        Its name and what it is for; both are shown where it is one of several.
    still : str
        What it shows, as SVG.
    note : str
        The same in words.
    payload : mapping
        ``widget``, ``state``, ``images`` and ``pictures``, as the page's static host takes them.
    """

    title: str
    about: str
    still: str
    note: str
    payload: Mapping[str, Any]


def html(title: str, parts: Sequence[Part]) -> str:
    """Write the page.

    Its code and style are deflated inside, and a small script opens them; until then, and in a
    browser that cannot, the page shows still pictures. A widget begins when it comes into view.

    Parameters
    ----------
    title : str
        The page's title.
    parts : sequence of Part
        The widgets, from top to bottom, each of another kind.

    Returns
    -------
    str
        HTML that asks nothing of any network.

    Raises
    ------
    FileNotFoundError
        In a clone whose page code was not built.
    """
    payloads = json.dumps([part.payload for part in parts], ensure_ascii=False)
    several = len(parts) > 1
    return _PAGE.format(
        title=markup.escape(title),
        contents=_contents(title, parts) if several else "",
        parts="\n".join(_section(part, several) for part in parts),
        payload=payloads.replace("<", r"\u003c"),
        style=_portable("convwidgets.css"),
        script=_portable("convwidgets.classic.js"),
        opener=asset("page.js"),
    )


def _contents(title: str, parts: Sequence[Part]) -> str:
    links = (
        f'<a href="#{part.payload["widget"]}">{markup.escape(part.title)}</a>' for part in parts
    )
    return f"<h1>{markup.escape(title)}</h1>\n<nav>{' '.join(links)}</nav>"


def _section(part: Part, described: bool) -> str:
    return _PART.format(
        name=part.payload["widget"],
        about=f"<p>{markup.escape(part.about)}</p>\n" if described else "",
        still=quote(part.still, safe=" =;,/()."),
        note=markup.escape(part.note),
    )


def _portable(name: str) -> str:
    return base64.b64encode(packed(name)).decode()
