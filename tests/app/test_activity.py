"""The log can be read: in words, about exhibits, and each entry whole."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.log_words import DONE, about, in_words
from app.shell import Window
from tests.app.conftest import Wait

ENGINE = Path(__file__).parents[2] / "engine"
ROOMS = "camera|case|custody|decision|embeddings|evidence|gallery|ingest|mark|plan|report|search|subject"
FILES = {"case.db", "case.lock"}


@pytest.fixture
def page(opened: Window, until: Wait) -> Any:
    case = opened.session.case
    assert case is not None
    case.evidence.set_camera(2, "Yard")
    case.marks.add(1, 0, "puts down a bag")
    shown: Any = opened.show_page("activity")
    until(lambda: shown.model.entries)
    return shown


def _row(page: Any, row: int) -> list[str]:
    return [page.model.index(row, column).data() for column in range(page.model.columnCount())]


def test_what_was_done_is_told_in_words_and_by_exhibit(page: Any) -> None:
    assert _row(page, 0)[3:5] == ["Mark set", "E-001"]
    assert "note: puts down a bag" in _row(page, 0)[5]
    assert _row(page, 1)[3:5] == ["Camera named", "E-002"]
    assert page.model.index(1, 3).data(Qt.ItemDataRole.ToolTipRole) == "evidence.set_camera"


def test_an_entry_is_seen_whole_by_keyboard(page: Any, until: Wait) -> None:
    entry = page.model.entries[1]
    assert not page._entry.toPlainText()
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.view, Qt.Key.Key_Down)
    assert entry.hash in page._entry.toPlainText()
    page.session.case.marks.add(1, 40, "goes on")
    page.refresh()
    until(lambda: page.model.entries[0].id > entry.id + 1)
    assert entry.hash in page._entry.toPlainText(), "the entry stays chosen when another is logged"
    assert page.view.currentIndex().row() == 2
    assert entry.previous_hash in page._entry.toPlainText()
    assert '"camera": "Yard"' in page._entry.toPlainText()


def test_the_log_is_filtered_by_what_was_done(page: Any, until: Wait) -> None:
    page._action.setCurrentIndex(page._action.findText("Camera named"))
    page._action.activated.emit(page._action.currentIndex())
    until(lambda: len(page.model.entries) == 1)
    assert page._action.currentText() == "Camera named"


def test_everything_that_is_logged_has_words() -> None:
    named = set()
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(rf"({ROOMS})[.][a-z_]+", str(node.value)):
                named.add(node.value)
    named -= FILES
    assert len(named) > 30
    assert named <= set(DONE)


def test_details_leave_out_what_is_empty_and_put_hashes_last() -> None:
    details = {"rows_sha256": "ab", "reason": "", "decisions": [{"blind": False, "observations": {}, "tracklet": 7}]}
    assert in_words(details) == "decisions: (blind: no · tracklet: 7) · rows sha256: ab"
    assert about("search:12", {}) == "Q-012"
    assert about("camera:3", {}) == "camera 3"
