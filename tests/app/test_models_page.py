"""The Models page shows all that a card says, without scrolling sideways."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.operations.machine import ModelRow
from app.pages.models import ModelsPage
from app.shell import Window
from engine.models.card import Making, Metric, ModelCard, TrainingSet
from engine.models.library import ModelLibrary


def full_card() -> ModelCard:
    """The built-in student's card with everything a card can hold."""
    data = TrainingSet("rendered crops", "ab" * 32, 20, "training", 2, 4000, 48000, "CC0 1.0")
    made = Making(
        "python -m training train --data DIR", "two CPU cores", "55 minutes", "2026-01-01", "c0ffee", 1, (data,)
    )
    metrics = [Metric(name, 61.5, "%", "all-search", "unseen people") for name in ("R1", "mAP")]
    library = ModelLibrary()
    return replace(
        library.get(library.default("student")).card,
        made=made,
        metrics=(*metrics, Metric("R1", 80, "%", "tracklets", "unseen people")),
        not_tested_on=("real infrared footage",),
        credits=("a start by somebody, Apache-2.0",),
    )


def test_a_card_is_shown_whole(window: Window) -> None:
    page = window.show_page("models")
    assert isinstance(page, ModelsPage)
    card = full_card()
    page._show([ModelRow(card, True, True, None)])
    shown = "\n".join(label.text() for label in page.findChildren(QLabel))
    for words in (
        "4,000 people", "seed 20", "styles 'training'", "picture version 2", "python -m training train",
        "two CPU cores",
        "55 minutes", "c0ffee", "R1 61.5 %, mAP 61.5 %: unseen people; all-search", "R1 80 %: unseen people; tracklets",
        "real infrared footage", "a start by somebody", *card.limitations, card.provisional, card.licence,
    ):  # fmt: skip
        assert words in shown, words


def test_a_damaged_model_is_left_out_and_told(window: Window, qtbot: QtBot) -> None:
    library = ModelLibrary()
    folder = library.user_dir / "spoilt"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("")
    try:
        with qtbot.waitSignal(window.session.message, check_params_cb=lambda _kind, text, _hint: str(folder) in text):
            window.show_page("models").refresh()
        assert library.get(library.default("student")).builtin
    finally:
        (folder / "card.json").unlink()
        folder.rmdir()
