"""Material Design icons by qtawesome, painted in the theme's colours at paint time.

An icon made once follows a change of theme and any screen scale, because nothing is rendered beforehand.
"""

from __future__ import annotations

from functools import cache

import qtawesome
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QIcon, QIconEngine, QPainter, QPixmap

from app import theme

PREFIX = "mdi6"


@cache
def glyph(name: str) -> str:
    """The character of an icon in the icon font."""
    qtawesome.font(PREFIX, 16)  # loads the font on first use
    return str(qtawesome.charmap(f"{PREFIX}.{name}"))


@cache
def _font(size: int) -> QFont:
    made = QFont(qtawesome.font(PREFIX, 16))
    made.setPixelSize(size)
    return made


def paint(painter: QPainter, rect: QRectF | QRect, name: str, colour: str = "text2") -> None:
    """Draw an icon centred in `rect`, in a token's colour."""
    area = QRectF(rect)
    painter.save()
    painter.setFont(_font(max(round(min(area.width(), area.height())), 1)))
    painter.setPen(theme.color(colour))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, glyph(name))
    painter.restore()


class _Engine(QIconEngine):
    """Paints a glyph instead of a picture."""

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name, self._colour = name, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        paint(painter, rect, self._name, "control" if mode == QIcon.Mode.Disabled else self._colour)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour)


def icon(name: str, colour: str = "text1") -> QIcon:
    """A themed icon, for example `icon("weather-night")`."""
    return QIcon(_Engine(name, colour))
