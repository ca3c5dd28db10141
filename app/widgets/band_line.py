"""Rank and band in one quiet line."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.tiles import BAND_WORDS, Tile, paint_bars
from app.widgets.basic import box, label
from app.words import tr


class Bars(QWidget):
    """The three bars of a band."""

    def __init__(self) -> None:
        super().__init__()
        self.band = ""
        self.setFixedSize(QSize(17, 13))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_bars(QPainter(self), 0.5, 0.5, self.band)


class BandLine(QWidget):
    """'Rank 3, band Close'; out of sight where there is nothing to show."""

    def __init__(self) -> None:
        super().__init__()
        row = box(QHBoxLayout(self), 8)
        self._bars, self._words = Bars(), label("", "second")
        row.addWidget(self._bars)
        row.addWidget(self._words, 1)
        self.hide()

    def show_tile(self, tile: Tile | None, rule: str = "") -> None:
        """None hides it; `rule` explains the band."""
        self.setVisible(tile is not None)
        if tile is None:
            self._words.setText("")
            return
        words = tr("Rank {n}, band {band}") if tile.band else tr("Rank {n}")
        self._words.setText(words.format(n=tile.lead, band=BAND_WORDS.get(tile.band, "")))
        self._bars.band = tile.band
        self._bars.setVisible(bool(tile.band))
        self._bars.update()
        self.setToolTip(rule)
