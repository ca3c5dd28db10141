"""How far a reading may be off."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QDoubleSpinBox

from app.widgets.basic import inset
from app.words import tr


class Margin(QDoubleSpinBox):
    """Seconds that a reading may be off; nothing is assumed until it is typed."""

    UNSTATED = -0.1

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setRange(self.UNSTATED, 86400)
        self.setDecimals(1)
        self.setPrefix("± ")
        self.setSuffix(" s")
        self.setSpecialValueText(tr("not stated"))
        inset(self)
        self.clear_value()

    @property
    def stated(self) -> bool:
        return self.value() >= 0

    def clear_value(self) -> None:
        """Nothing is stated."""
        self.setValue(self.UNSTATED)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        QTimer.singleShot(0, self.selectAll)  # so that typing replaces 'not stated' after a click, too
