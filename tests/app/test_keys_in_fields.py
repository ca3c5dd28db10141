"""Keys pressed in fields and on buttons mean the field or the button, never a command of the page."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.shell import Window
from app.widgets.basic import ComboBox
from tests.app.conftest import Wait
from tests.app.test_search_page import page  # noqa: F401 - a fixture


@pytest.fixture
def heard(page: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:  # noqa: F811
    """Commands of the search page that a key reached."""
    found: list[str] = []
    for name in page._commands:
        monkeypatch.setitem(page._commands, name, lambda name=name: found.append(name))
    monkeypatch.setattr(ComboBox, "showPopup", lambda _self: None)
    page.shell.activateWindow()
    return found


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_X, Qt.Key.Key_P, Qt.Key.Key_Right])
def test_no_plain_key_in_a_field_reaches_the_page(page: Any, heard: list[str], key: Qt.Key) -> None:  # noqa: F811
    filters = page.panel.filters
    filters.since[0].setChecked(True)
    for field in (filters.since[1], filters._quality, page.line.rerank):
        field.setFocus()
        assert field.hasFocus()
        QTest.keyClick(field, key)
    assert heard == []


def test_enter_means_the_focused_button_or_box(page: Any, heard: list[str]) -> None:  # noqa: F811
    clicked: list[bool] = []
    page.bar.reject.clicked.connect(lambda: clicked.append(True))
    page.bar.reject.setFocus()
    QTest.keyClick(page.bar.reject, Qt.Key.Key_Return)
    assert len(clicked) == 1
    box = page.panel.filters._impossible
    before = box.isChecked()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.isChecked() is not before
    assert heard == []
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    page.panel.filters.since[1].setFocus()
    QTest.keyClick(page.panel.filters.since[1], Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard == ["again", "search.run"]


def test_enter_in_the_fields_of_footage_stays_there(opened: Window, until: Wait) -> None:
    footage: Any = opened.show_page("footage")
    until(lambda: footage.model.rows)
    for field in (footage._find, footage.details._camera, footage.details.clock.uncertainty):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert opened.current == "footage"
    footage.view.setFocus()
    QTest.keyClick(footage.view, Qt.Key.Key_Return)
    assert opened.current == "review"
