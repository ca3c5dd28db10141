"""The key sheet is complete."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QScrollArea

from app.keys import COMMANDS
from app.shell import Window


def _sheet(window: Window, look: Any) -> None:
    def seen() -> None:
        sheet = QApplication.activeModalWidget()
        assert isinstance(sheet, QDialog)
        try:
            look(sheet)
        finally:
            sheet.accept()

    QTimer.singleShot(50, seen)
    window.show_keys()


def test_every_key_is_listed_and_can_be_reached(opened: Window) -> None:
    opened.show_page("people")
    opened.session.keymap.bind("people.footage", "Ctrl+Shift+V")
    found: list[str] = []
    titles: list[str] = []
    hidden: list[int] = []

    def look(sheet: QDialog) -> None:
        area = sheet.findChild(QScrollArea)
        labels = area.widget().findChildren(QLabel)
        found.extend(one.text() for one in labels)
        heads = [one for one in labels if one.property("role") == "item"]
        heads.sort(key=lambda one: (one.mapTo(sheet, one.rect().topLeft()).y(), one.mapTo(sheet, one.pos()).x()))
        titles.extend(one.text() for one in heads)
        hidden.append(area.widget().width() - area.viewport().width())

    _sheet(opened, look)
    assert {command.text for command in COMMANDS} <= set(found)
    assert "Ctrl+Shift+V" in found
    assert titles[:2] == ["People", "Everywhere"]
    assert hidden == [0], "nothing stands beyond the right edge"
