"""Where cameras stand: dragged on the plan, moved by arrow keys, or typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.dialogs import dialog_buttons
from app.site_plans import Ground
from app.widgets.basic import Button, box, label, set_role
from app.widgets.camera_map import CameraMap
from app.widgets.focus_ring import Ringed
from app.widgets.lists import ShortList
from app.widgets.site_plan_panel import APPROXIMATE
from app.words import tr
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.store.records import Camera, Position

DIGITS = 6
FIELDS = ("x", "y", "latitude", "longitude")
HINT = tr(
    "Choose a camera and click where it stands, or drag it. With the plan in focus, arrow keys move it; with Shift in "
    "smaller steps. x counts to the right, y downwards, in any unit."
)
BARE = tr("Latitude and longitude are used where no camera stands on the plan.")
ON_PICTURE = tr("Latitude and longitude are kept, but not drawn on a site plan.")
STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class PlacingMap(CameraMap):
    """A map that takes arrow keys."""

    def __init__(self, owner: PlaceCameras) -> None:
        super().__init__()
        self.steady = True
        self.empty = tr("Choose a camera and click here.")
        self._owner = owner
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        size = self.step / (50 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 5)
        self._owner.nudge(step[0] * size, step[1] * size)


class PlaceCameras(Ringed, QDialog):
    """Edits copies; `positions` says what was changed."""

    def __init__(self, parent: QWidget, cameras: Sequence[Camera], ground: Ground | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Place cameras"))
        self.resize(920, 560)
        self._before = {camera.id: camera for camera in cameras}
        self._cameras = list(cameras)
        self.map = PlacingMap(self)
        self.map.lay(ground)
        self.map.setAccessibleName(tr("Plan: arrow keys move the chosen camera"))
        self.list = ShortList()
        self.list.setAccessibleName(tr("Cameras"))
        self.list.addItems([camera.name for camera in cameras])
        self.fields = {name: QLineEdit() for name in FIELDS}
        form = QFormLayout()
        for name, text in zip(FIELDS, ("x", "y", tr("Latitude"), tr("Longitude")), strict=True):
            self.fields[name].setAccessibleName(text)
            self.fields[name].editingFinished.connect(self._typed)
            form.addRow(text, self.fields[name])
        off = Button(tr("Take off the plan"), "map-marker-off-outline", size="small")
        off.setAutoDefault(False)
        off.clicked.connect(self._take_off)
        side = box(QVBoxLayout(), 8)
        side.addWidget(self.list, 1)
        side.addLayout(form)
        side.addWidget(off)
        row = box(QHBoxLayout(), 16)
        row.addWidget(self.map, 1)
        row.addLayout(side)
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        self._help = f"{HINT} {BARE if ground is None else ON_PICTURE}"
        self._hint = label(self._help, "second", wrap=True)
        column.addWidget(self._hint)
        column.addLayout(row, 1)
        if ground is not None:
            words = tr("Site plan: {name}. {approximate}").format(name=ground.name, approximate=APPROXIMATE)
            column.addWidget(label(words, "quiet", wrap=True))
        column.addWidget(dialog_buttons(self, tr("Save positions")))
        self.list.currentRowChanged.connect(lambda _row: self._show())
        self.map.pressed.connect(self._pressed)
        self.map.dragged.connect(self._moved)
        self.list.setCurrentRow(0)
        self._show()

    def positions(self) -> dict[int, Position]:
        """The cameras that stand elsewhere now."""
        return {camera.id: _position(camera) for camera in self._cameras if camera != self._before[camera.id]}

    def nudge(self, by_x: float, by_y: float) -> None:
        """Move the chosen camera; one without a place starts in the middle of the plan."""
        camera = self._chosen()
        if camera is None:
            return
        middle = self.map.on_plan(self.map.rect().center().toPointF())
        x, y = (camera.x, camera.y) if camera.x is not None and camera.y is not None else middle
        self._moved(x + by_x, y + by_y)

    def _chosen(self) -> Camera | None:
        row = self.list.currentRow()
        return self._cameras[row] if 0 <= row < len(self._cameras) else None

    def _set(self, **values: float | None) -> None:
        row = self.list.currentRow()
        self._cameras[row] = replace(self._cameras[row], **values)
        self._show()

    def _show(self) -> None:
        camera = self._chosen()
        self.map.chosen = camera.id if camera else None
        self.map.show_cameras(self._cameras, ())
        for name, field in self.fields.items():
            value = getattr(camera, name) if camera else None
            # Every digit: what is shown is read back when the positions are saved.
            field.setText("" if value is None else repr(float(value)).removesuffix(".0"))

    def _pressed(self, x: float, y: float) -> None:
        """Take hold of the camera there, else put the chosen one there."""
        place = self.map.on_screen((x, y))
        found = self.map.camera_at(place)
        if found is not None:
            self.list.setCurrentRow(next(n for n, camera in enumerate(self._cameras) if camera.id == found))
        elif self._chosen() is not None:
            self._moved(x, y)

    def _moved(self, x: float, y: float) -> None:
        if self.map.plan.metres:
            self._tell(tr("Cameras that stand by latitude and longitude are moved by typing their numbers."))
        elif self._chosen() is not None:
            self._set(x=round(x, DIGITS), y=round(y, DIGITS))

    def _typed(self) -> bool:
        """Take the numbers over; False, and told, where they make no position."""
        camera = self._chosen()
        if camera is None:
            return True
        values: dict[str, float | None] = {}
        for name, field in self.fields.items():
            text = field.text().strip().replace(",", ".")
            try:
                values[name] = float(text) if text else None
            except ValueError:
                self._tell(tr("‘{text}’ is not a number.").format(text=text))
                return False
        moved = replace(camera, **values)
        try:
            _position(moved)
        except UsageError as error:
            self._tell(f"{error} {error.hint}".strip())
            return False
        self._tell("")
        if moved != camera:
            self._set(**values)
        return True

    def accept(self) -> None:
        """Nothing half typed is lost silently."""
        if self._typed():
            super().accept()

    def _tell(self, problem: str) -> None:
        set_role(self._hint, "error" if problem else "second")
        self._hint.setText(problem or self._help)

    def _take_off(self) -> None:
        self._set(**dict.fromkeys(FIELDS))


def _position(camera: Camera) -> Position:
    from engine.store.records import Position

    return Position(camera.x, camera.y, camera.latitude, camera.longitude)
