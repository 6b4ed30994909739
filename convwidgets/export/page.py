"""One HTML file with a widget, its page code and its pictures inside."""

from __future__ import annotations

import base64
import html as markup
import json
from collections.abc import Mapping
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
/* Only who has to wait sees the still picture: shown at once, it would flash by. */
#still {{ margin: 0; animation: wait 0.4s }}
@keyframes wait {{ from, to {{ visibility: hidden }} }}
#still img {{ max-width: 100%; height: auto }}
</style>
</head>
<body>
<main>
<figure id="still">
<img src="data:image/svg+xml;charset=utf-8,{still}" alt="{note}">
<figcaption id="news" role="alert"></figcaption>
<noscript>This is a still picture. The living widget needs JavaScript.</noscript>
</figure>
<div id="widget"></div>
</main>
<script type="application/json" id="payload">{payload}</script>
<script type="text/plain" id="style">{style}</script>
<script type="text/plain" id="script">{script}</script>
<script>{opener}</script>
</body>
</html>
"""


def html(title: str, still: str, note: str, payload: Mapping[str, Any]) -> str:
    """Write the page.

    Its code and style are deflated inside, and a small script opens them; until then, and in a
    browser that cannot, the page shows a still picture.

    Parameters
    ----------
    title : str
        The page's title.
    still : str
        What the widget shows, as SVG.
    note : str
        The same in words.
    payload : mapping
        ``widget``, ``state``, ``images`` and ``pictures``, as the page's static host takes them.

    Returns
    -------
    str
        HTML that asks nothing of any network.

    Raises
    ------
    FileNotFoundError
        In a clone whose page code was not built.
    """
    return _PAGE.format(
        title=markup.escape(title),
        still=quote(still, safe=" =;,/()."),
        note=markup.escape(note),
        payload=json.dumps(payload, ensure_ascii=False).replace("<", r"\u003c"),
        style=_portable("convwidgets.css"),
        script=_portable("convwidgets.classic.js"),
        opener=asset("page.js"),
    )


def _portable(name: str) -> str:
    return base64.b64encode(packed(name)).decode()
