"""What users wrote is never taken for HTML."""

from __future__ import annotations

import pytest
from PySide6.QtGui import Qt, QTextDocument

from app.plain import plain
from app.session import CaseInfo
from app.shell import Window
from app.widgets.basic import ElidedLabel
from tests.app.conftest import Wait

NASTY = "<b>Yard</b> &lt; thefts\n  <img src='x.png'>"


@pytest.mark.parametrize("text", ["plain", "a < b & c", NASTY])
def test_a_tooltip_shows_the_very_characters(qtbot: object, text: str) -> None:
    made = plain(text)
    if Qt.mightBeRichText(made):
        document = QTextDocument()
        document.setHtml(made)
        made = document.toPlainText()
    assert made == text


def test_names_and_messages_are_plain_text(opened: Window, until: Wait) -> None:
    info = opened.session.info
    assert info is not None
    opened.session.info = CaseInfo(info.folder, NASTY, NASTY, writable=True)
    opened._show_case()
    opened.say("error", NASTY)
    name = ElidedLabel(NASTY * 20)
    name.resize(40, 20)
    for shown in (opened._case_label, opened._examiner, opened.messages.fault._text, name):
        assert shown.textFormat() is Qt.TextFormat.PlainText
        assert not shown.toolTip().startswith("<b>")


def test_a_fault_outlives_the_messages_beside_it(window: Window, until: Wait) -> None:
    window.messages._timer.setInterval(50)
    window.say("plain", "hello")
    window.say("error", "The disk is full.")
    window.say("plain", "and on")
    assert window.messages.fault._text.text() == "The disk is full."
    until(lambda: not window.messages.plain.isVisible())
    assert window.messages.fault.isVisible()
    window.messages.fault._button.click()
    assert not window.messages.fault.isVisible()
