"""What must be known of footage before its times are relied on stands beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from PySide6.QtWidgets import QLabel

from app.operations import cases
from app.shell import Window
from engine.ingest import register
from engine.progress import finish
from engine.store.records import ClockRecord
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import new_case


def test_counted_pictures_say_so_and_have_no_certain_time(window: Window, until: Wait, tmp_path: Path) -> None:
    (tmp_path / "stills").mkdir()
    for n in range(3):
        Image.new("RGB", (64, 48), (n, n, n)).save(tmp_path / "stills" / f"{n}.png")
    shown = datetime(2024, 1, 1, 22)
    with new_case(tmp_path / "case") as case:
        item = finish(register(case, tmp_path / "stills", "A", start_time=shown))
        case.evidence.set_clock(item.id, ClockRecord(shown, shown.replace(tzinfo=UTC), 1.0, "radio clock"))
    cases.open_case(window.session, tmp_path / "case", EXAMINER)
    until(lambda: window.session.is_open)
    page = window.show_page("footage")
    until(lambda: page.details._row is not None)  # type: ignore[attr-defined]
    assert any("they are counted" in label.text() for label in page.findChildren(QLabel))
    row = page.details._row  # type: ignore[attr-defined]
    assert row.made_up
    assert row.needs_attention
    assert row.clock.at(0).margin() == "±1 s"
    assert row.clock.at(2).margin() == "± not known"
