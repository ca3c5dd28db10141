"""The report page writes what stands in the case, and shows what the recipient can check it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.shell import Window
from tests.app.conftest import Wait


def test_the_folder_is_written_by_key_and_its_hashes_are_shown(
    opened: Window, until: Wait, errors: list[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.report.pick_place", lambda *_: str(tmp_path / "out"))
    case = opened.session.case
    assert case is not None
    case.marks.add(1, 0, "a mark")
    page: Any = opened.show_page("report")
    until(lambda: page.counts["marks"].text() == "1")
    assert page.counts["items"].text() == "3"
    QTest.keyClick(page.check, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.written is not None)
    assert (page.written.folder / "marks.csv").is_file()
    assert page.written.sums_sha256 in page.files.toPlainText()
    assert str(page.written.folder) in page._notice._text.text()
    assert not errors


def test_an_original_that_is_gone_is_told_beside_the_result(
    opened: Window, until: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.report.pick_place", lambda *_: str(tmp_path / "out"))
    case = opened.session.case
    assert case is not None
    item = case.evidence.get(2)
    elsewhere = tmp_path / "gone.mp4"
    elsewhere.write_bytes(item.path.read_bytes())

    class Same:
        sha256, size = item.sha256, item.size

    case.evidence.relocate(2, elsewhere, Same())
    elsewhere.unlink()
    page: Any = opened.show_page("report")
    page.trigger("report.write")
    until(lambda: page.written is not None)
    assert "is missing" in page._notice._text.text()
    assert page._notice.property("notice") == "error"
