"""What stands in the header of the review page: the item on show with its badges, and full screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QStyleOptionComboBox, QWidget

from app.operations.footage import FootageRow
from app.plain import plain
from app.widgets.badge import Badge
from app.widgets.basic import Button, ComboBox, box
from app.words import tr


class ElidedCombo(ComboBox):
    """Where a name is too long, its middle is left out: numbers stand at its ends."""

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:  # noqa: N802
        super().initStyleOption(option)
        room = self.width() - 58  # less the sheet's padding and the arrow
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, max(room, 1)
        )


class ItemChoice(QWidget):
    """The items of the case to choose from; emits `chosen` with the place in the list."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo = ElidedCombo()
        self.combo.setAccessibleName(tr("Evidence item"))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMaximumWidth(440)
        self.combo.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.combo.activated.connect(self.chosen)
        self._badges = (Badge(), Badge())
        row = box(QHBoxLayout(self), 12)
        row.addWidget(self.combo, 100)
        for badge in self._badges:
            row.addWidget(badge)
        row.addStretch(1)

    def show_items(self, rows: Sequence[FootageRow]) -> None:
        self.combo.clear()
        self.combo.addItems([f"{r.item.exhibit}   {r.item.path.name} · {r.item.camera.name}" for r in rows])

    def show_row(self, place: int, row: FootageRow) -> None:
        """The item on show."""
        self.combo.setCurrentIndex(place)
        self.combo.setToolTip(plain(self.combo.currentText()))
        self._show_badges(row)

    def clear(self) -> None:
        """No item is on show."""
        self.combo.clear()
        self._show_badges(None)

    def _show_badges(self, row: FootageRow | None) -> None:
        seen = row.modalities if row else ()
        for n, badge in enumerate(self._badges):
            badge.set_modality(seen[n] if n < len(seen) else None)


class FullScreenButton(Button):
    """Says what it would do now."""

    def __init__(self, window: QWidget) -> None:
        super().__init__("", "fullscreen", "fullscreen")
        self._window = window
        window.installEventFilter(self)
        self._show_state()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._window and event.type() == QEvent.Type.WindowStateChange:
            self._show_state()
        return False

    def _show_state(self) -> None:
        full = self._window.isFullScreen()
        self.set_text(tr("Leave full screen") if full else tr("Full screen"))
        self.set_icon("fullscreen-exit" if full else "fullscreen")
