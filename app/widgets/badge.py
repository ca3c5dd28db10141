"""The modality badge: on every image, always with the word."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import icons, theme
from engine.types import Modality


def paint_badge(painter: QPainter, right: float, top: float, modality: Modality) -> QRectF:
    """IR (dark, a moon) or RGB (light, a sun), its right edge at `right`; returns where it is."""
    name = modality.value
    text, glyph = modality.label, "weather-night" if modality is Modality.INFRARED else "white-balance-sunny"
    width = 38 if modality is Modality.INFRARED else 49
    area = QRectF(right - width, top, width, 20)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color(f"{name}_edge"), 1))
    painter.setBrush(theme.color(f"{name}_fill"))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    icons.paint(painter, QRectF(area.x() + 5, area.y() + 3, 14, 14), glyph, f"{name}_text")
    painter.setFont(theme.font(11, bold=True))
    painter.setPen(theme.color(f"{name}_text"))
    painter.drawText(area.adjusted(21, 0, -3, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
    painter.restore()
    return area


class Badge(QWidget):
    """The modality badge as a widget; hidden while there is none."""

    def __init__(self, modality: Modality | None = None) -> None:
        super().__init__()
        self._take(modality)
        if modality is None:  # else it is shown with its parent; shown now, it would be a window of its own
            self.hide()

    def set_modality(self, modality: Modality | None) -> None:
        self._take(modality)
        self.setVisible(modality is not None)

    def _take(self, modality: Modality | None) -> None:
        self._modality = modality
        if modality is not None:
            self.setFixedSize(38 if modality is Modality.INFRARED else 49, 20)
            self.setAccessibleName(modality.label)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self._modality is not None:
            paint_badge(QPainter(self), self.width(), 0, self._modality)
