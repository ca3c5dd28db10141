"""What users wrote is shown as they wrote it, wherever Qt would take a text for HTML by its looks."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def plain(text: str) -> str:
    """`text` for a tooltip or a message box, which show the very same characters. Labels use `basic.label` instead."""
    if not Qt.mightBeRichText(text):
        return text
    lines = "<br>".join(escape(text).splitlines())
    return f'<span style="white-space: pre-wrap">{lines}</span>'
