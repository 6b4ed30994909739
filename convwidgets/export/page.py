"""One HTML file with a widget, its page code and its pictures inside."""

from __future__ import annotations

import html as markup
import json
from collections.abc import Mapping
from typing import Any

from convwidgets.export.assets import asset

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
body {{ margin: 0; padding: 16px; font-family: system-ui, sans-serif; background: Canvas }}
main {{ max-width: 1200px; margin: 0 auto }}
{style}
</style>
</head>
<body>
<main id="widget"></main>
<noscript>{note}: this page needs JavaScript to be drawn.</noscript>
<script type="application/json" id="payload">{payload}</script>
<script>{script}</script>
<script>
convwidgets.mountStatic(
  document.getElementById("widget"),
  JSON.parse(document.getElementById("payload").textContent),
);
</script>
</body>
</html>
"""


def html(title: str, note: str, payload: Mapping[str, Any]) -> str:
    """Write the page.

    Parameters
    ----------
    title : str
        The page's title.
    note : str
        What the widget shows, for readers without JavaScript.
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
        note=markup.escape(note),
        style=asset("convwidgets.css").replace("</style", r"<\/style"),
        # Inside a script element only "</script" and "<!--" are read as markup.
        script=asset("convwidgets.classic.js")
        .replace("</script", r"<\/script")
        .replace("<!--", r"<\!--"),
        payload=json.dumps(payload, ensure_ascii=False).replace("<", r"\u003c"),
    )
