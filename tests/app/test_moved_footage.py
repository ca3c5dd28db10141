"""Footage on a drive that has another name now is found again from the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.shell import Window
from tests.app.conftest import Wait


def test_footage_that_was_moved_is_found_by_key_and_told(
    opened: Window, until: Wait, errors: list[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = opened.session.case
    assert case is not None
    page: Any = opened.show_page("footage")
    until(lambda: page.current() is not None)
    first, second = case.evidence.list()[:2]
    copied = first.path.read_bytes()
    usb = tmp_path / "usb"
    usb.mkdir()
    (usb / "renamed.mkv").write_bytes(copied)

    class Same:
        sha256, size = first.sha256, first.size

    class Gone:
        sha256, size = second.sha256, second.size

    case.evidence.relocate(first.id, tmp_path / "unplugged" / first.path.name, Same())
    case.evidence.relocate(second.id, tmp_path / "unplugged" / second.path.name, Gone())
    said: list[str] = []
    opened.session.message.connect(lambda _kind, words, _hint: said.append(words))
    monkeypatch.setattr("app.shell.pick_place", lambda *_: str(usb))
    QTest.keyClick(page.view, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    until(lambda: said)
    assert said == [f"Found and noted: {first.exhibit}. Not in {usb}: {second.exhibit}."]
    assert case.evidence.get(first.id).path == usb / "renamed.mkv"
    until(lambda: page.current().item.path == usb / "renamed.mkv")
    assert not errors
