"""Every camera of the case on the map, with its clock and footage; where each stands, and the plan under them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.dialogs import dialog_buttons
from app.operations import cameras
from app.operations.cameras import Overview
from app.read_only import writes
from app.session import Changes, Session
from app.site_plans import Ground
from app.widgets.basic import Button, Segment, box, headed, label, rule, set_role
from app.widgets.cameras_table import CamerasModel, CamerasTable
from app.widgets.focus_ring import Ringed
from app.widgets.placing_map import PlacingMap
from app.widgets.site_plan_panel import SitePlanPanel
from app.words import tr
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.store.records import Camera, Position
    from engine.store.site_plans import PlanPlace

SIZE, SIDE, MARGIN = (1240, 800), 424, 24  # MARGIN: of the window around the dialog
DIGITS = 6
FIELDS = ("x", "y", "latitude", "longitude")
PLAN_FIELDS = ("middle x", "middle y", "width", "turn")
CAMERAS = tr(
    "Choose a camera and click where it stands, or drag it. With the map in focus, arrow keys move it; with Shift in "
    "smaller steps. x counts to the right, y downwards, in any unit."
)
PLAN = tr(
    "Drag the plan, its corners to scale it, the round handle to turn it (with Shift by 15°). With the map in focus, "
    "arrow keys move it, + and − scale it, Page Up and Page Down turn it. Cameras stay where they are."
)
BARE = tr("Latitude and longitude are used where no camera stands on the plan.")
ON_PICTURE = tr("Latitude and longitude are kept, but not drawn on a site plan.")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where everything stands: cameras by name, and the plan where there is one."""

    cameras: tuple[Camera, ...]
    plan: PlanPlace | None


class CamerasDialog(Ringed, QDialog):
    """Edits a copy, which can be taken back step by step; what was changed is recorded when it is saved."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Cameras and site plan"))
        room = parent.window().size()
        self.resize(min(SIZE[0], room.width() - MARGIN), min(SIZE[1], room.height() - MARGIN))
        self.session = session
        self.overview = Overview((), None)
        self.now = self._recorded = Arrangement((), None)
        self._steps: list[Arrangement] = []  # what Ctrl+Z goes back to
        self._dragging = False
        self.map = PlacingMap()
        column = box(QVBoxLayout(self), 12, (16, 16, 16, 16))
        self._hint = label("", "second", wrap=True)
        column.addWidget(self._hint)
        row = box(QHBoxLayout(), 16)
        row.addWidget(self.map, 1)
        side = QWidget()
        side.setFixedWidth(SIDE)
        lines = box(QVBoxLayout(side), 8)
        self._build_cameras(lines)
        lines.addWidget(rule())
        self._build_plan(lines)
        row.addWidget(side)
        column.addLayout(row, 1)
        column.addLayout(self._foot())
        self._connect()
        self._set_mode("cameras")
        self._read()

    def _build_cameras(self, lines: QVBoxLayout) -> None:
        self.count = headed(lines, tr("Cameras"))
        self.model = CamerasModel()
        self.table = CamerasTable(self.model)
        lines.addWidget(self.table, 1)
        self.fields = {name: QLineEdit() for name in FIELDS}
        lines.addLayout(_grid(self.fields, ("x", "y", tr("Latitude"), tr("Longitude"))))
        self._off = Button(tr("Take off the plan"), "map-marker-off-outline", size="small")
        self._off.clicked.connect(lambda: self._set_camera(**dict.fromkeys(FIELDS)))
        lines.addWidget(self._off)

    def _build_plan(self, lines: QVBoxLayout) -> None:
        headed(lines, tr("Site plan"))
        self.site = SitePlanPanel(self.session)
        lines.addWidget(self.site)
        self._plan_part = QWidget()
        part = box(QVBoxLayout(self._plan_part), 8)
        self.plan_fields = {name: QLineEdit() for name in PLAN_FIELDS}
        titles = (tr("Middle x"), tr("Middle y"), tr("Width"), tr("Turned by °"))
        part.addLayout(_grid(self.plan_fields, titles))
        self.back = Button(tr("Undo its last saved move"), "undo-variant", size="small")
        self.back.clicked.connect(self._undo_saved)
        part.addWidget(self.back)
        lines.addWidget(self._plan_part)

    def _foot(self) -> QHBoxLayout:
        foot = box(QHBoxLayout(), 8)
        self.mode = Segment(tr("Mouse and arrow keys move"), [(tr("Cameras"), "cameras"), (tr("Plan"), "plan")])
        foot.addWidget(label(tr("Mouse and arrow keys move"), "second"))
        foot.addWidget(self.mode)
        self.undo = Button(tr("Undo"), "undo", "undo")
        foot.addWidget(self.undo)
        foot.addStretch(1)
        buttons = dialog_buttons(self, tr("Save"))
        self.save = next(each for each in buttons.buttons() if isinstance(each, Button))
        foot.addWidget(buttons)
        return foot

    def _connect(self) -> None:
        for each in self.findChildren(Button):
            each.setAutoDefault(False)
        self.save.setDefault(True)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show())
        for field in self.fields.values():
            field.editingFinished.connect(self._typed)
        for field in self.plan_fields.values():
            field.editingFinished.connect(self._typed_plan)
        self.map.pressed.connect(self._pressed)
        self.map.dragged.connect(self._dragged)
        self.map.nudged.connect(self.nudge)
        self.map.laid.connect(lambda place, goes_on: self._change(replace(self.now, plan=place), part=goes_on))
        self.site.loaded.connect(self._lay)
        self.site.choose.shows_hint = False  # its key is the page's
        self.mode.chosen.connect(lambda which: self._set_mode(str(which)))
        self.undo.clicked.connect(self.step_back)
        QShortcut(QKeySequence(self.session.keymap.key("undo")), self, self.step_back)
        self.session.changed.connect(self._on_changed)
        self.session.failed.connect(self._failed)
        writes(*self.fields.values(), *self.plan_fields.values(), self._off, self.back, self.save, self.map)
        writes(*self.mode.buttons)

    # what is there

    def _read(self) -> None:
        self.session.read(cameras.overview, self._take, key=self)

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            self.reject()
        elif changes.any_of("subjects", "footage"):
            self._read()

    def _take(self, found: Overview) -> None:
        """What is recorded now; what was changed here and not saved stays changed."""
        fresh = Arrangement(tuple(row.camera for row in found.rows), found.plan.place if found.plan else None)
        same = bool(found.plan and self.overview.plan and found.plan.id == self.overview.plan.id)
        mine = self.positions()
        kept = tuple(_at(camera, mine[camera.id]) if camera.id in mine else camera for camera in fresh.cameras)
        plan = self.now.plan if same and self.plan_moved() else fresh.plan
        self.overview, self._recorded = found, fresh
        if not same or self.now.cameras != kept:
            self._steps = []  # they lead to what is not there any more
        self.now = Arrangement(kept, plan)
        self.site.show_plan(found.plan)
        self.count.setText(tr("{n} cameras", "{n} camera", len(found.rows)))
        self._show()
        if not self.table.currentIndex().isValid() and found.rows:
            self.table.selectRow(0)

    def _lay(self, ground: Ground | None) -> None:
        place = self.now.plan
        self.map.lay(replace(ground, place=place) if ground is not None and place is not None else ground)
        self._set_mode("plan" if ground is not None and self.map.plan_mode else "cameras")
        self._show()

    def positions(self) -> dict[int, Position]:
        """The cameras that stand elsewhere than is recorded."""
        recorded = {camera.id: camera for camera in self._recorded.cameras}
        return {camera.id: _position(camera) for camera in self.now.cameras if camera != recorded.get(camera.id)}

    def plan_moved(self) -> bool:
        return self.now.plan != self._recorded.plan

    # changing it

    def _change(self, to: Arrangement, *, part: bool = False) -> None:
        """One step that can be taken back; a `part` goes on with the step before."""
        if to != self.now:
            if not part:
                self._steps.append(self.now)
            self.now = to
            self._show()

    def step_back(self) -> None:
        """Take back the last change that is not saved yet."""
        if self._steps:
            self.now = self._steps.pop()
            self._show()

    def _chosen(self) -> Camera | None:
        row = self.table.currentIndex().row()
        return self.now.cameras[row] if 0 <= row < len(self.now.cameras) else None

    def _set_camera(self, *, part: bool = False, **values: float | None) -> None:
        chosen = self._chosen()
        if chosen is not None:
            moved = tuple(replace(c, **values) if c.id == chosen.id else c for c in self.now.cameras)
            self._change(replace(self.now, cameras=moved), part=part)

    def nudge(self, by_x: float, by_y: float) -> None:
        """Move the chosen camera; one without a place starts in the middle of the map."""
        camera = self._chosen()
        if camera is not None:
            middle = self.map.on_plan(self.map.rect().center().toPointF())
            x, y = (camera.x, camera.y) if camera.x is not None and camera.y is not None else middle
            self._moved(x + by_x, y + by_y)

    def _pressed(self, x: float, y: float) -> None:
        """Take hold of the camera there, else put the chosen one there."""
        self._dragging = False
        found = self.map.camera_at(self.map.on_screen((x, y)))
        if found is not None:
            self.table.selectRow(next(n for n, camera in enumerate(self.now.cameras) if camera.id == found))
        elif self._chosen() is not None:
            self._moved(x, y)
            self._dragging = True

    def _dragged(self, x: float, y: float) -> None:
        self._moved(x, y, part=self._dragging)
        self._dragging = True

    def _moved(self, x: float, y: float, *, part: bool = False) -> None:
        if self.map.plan.metres:
            self._tell(tr("Cameras that stand by latitude and longitude are moved by typing their numbers."))
        else:
            self._set_camera(x=round(x, DIGITS), y=round(y, DIGITS), part=part)

    def _typed(self) -> bool:
        """Take the camera's numbers over; False, and told, where they make no position."""
        camera, values = self._chosen(), self._numbers(self.fields)
        if camera is None or values is None:
            return camera is None
        moved = replace(camera, **values)
        try:
            _position(moved)
        except UsageError as error:
            self._tell(f"{error} {error.hint}".strip())
            return False
        self._tell("")
        if moved != camera:
            self._set_camera(**values)
        return True

    def _typed_plan(self) -> bool:
        """Take the plan's numbers over; a number that was not touched stays to the last digit."""
        place, ground = self.now.plan, self.map.ground
        if place is None or ground is None:
            return True
        values = self._numbers(self.plan_fields)
        if values is None:
            return False
        if None in values.values() or (values["width"] or 0) <= 0:
            self._tell(tr("The plan needs a middle, a width of more than 0, and how far it is turned."))
            return False
        shown = self._plan_numbers()
        touched = {name: value for name, value in values.items() if value is not None and value != shown[name]}
        self._tell("")
        if touched:
            unit = touched["width"] / ground.size[0] if "width" in touched else None
            middle = (ground.size[0] / 2, ground.size[1] / 2)
            moved = place.around(middle, unit=unit, turn=touched.get("turn"))
            right = touched.get("middle x", shown["middle x"]) - shown["middle x"]
            down = touched.get("middle y", shown["middle y"]) - shown["middle y"]
            self._change(replace(self.now, plan=moved.moved(right, down)))
        return True

    def _numbers(self, fields: dict[str, QLineEdit]) -> dict[str, float | None] | None:
        """What the fields say; None, and told, where one says no number."""
        values: dict[str, float | None] = {}
        for name, field in fields.items():
            text = field.text().strip().replace(",", ".")
            try:
                values[name] = float(text) if text else None
            except ValueError:
                self._tell(tr("‘{text}’ is not a number.").format(text=text))
                return None
        return values

    def _plan_numbers(self) -> dict[str, float]:
        """As the fields show them."""
        place, ground = self.now.plan, self.map.ground
        assert place is not None
        assert ground is not None
        x, y = place.position(ground.size[0] / 2, ground.size[1] / 2)
        numbers = (x, y, place.unit * ground.size[0], place.turn)
        return {name: round(number, DIGITS) for name, number in zip(PLAN_FIELDS, numbers, strict=True)}

    def _undo_saved(self) -> None:
        self.now = replace(self.now, plan=self._recorded.plan)  # else what is not saved would stay on top of it
        self._steps = []
        cameras.undo_move(self.session)

    def accept(self) -> None:
        """Nothing half typed is lost silently."""
        if self._typed() and self._typed_plan():
            if self.positions() or self.plan_moved():
                cameras.arrange(self.session, self.positions(), self.now.plan if self.plan_moved() else None)
            super().accept()

    # showing it

    def _set_mode(self, which: str) -> None:
        self.mode.select(which)
        self.map.set_mode(plan=which == "plan")
        self._tell("")

    def _show(self) -> None:
        camera, place, plan = self._chosen(), self.now.plan, self.overview.plan
        if self.map.ground is not None and place is not None:
            self.map.lay(replace(self.map.ground, place=place))
        self.map.chosen = camera.id if camera else None
        self.map.show_cameras(self.now.cameras, ())
        self.model.show(self.overview.rows, [each.id in self.map.plan.points for each in self.now.cameras])
        for name, field in self.fields.items():
            value = getattr(camera, name) if camera else None
            # Every digit: what is shown is read back when the positions are saved.
            field.setText("" if value is None else repr(float(value)).removesuffix(".0"))
        there = self.map.ground is not None and place is not None
        self._plan_part.setVisible(there)
        self.mode.setEnabled(there)
        if there:
            for name, number in self._plan_numbers().items():
                self.plan_fields[name].setText(repr(number).removesuffix(".0"))
        self.back.setVisible(plan is not None and plan.moved_by is not None)
        self.undo.setEnabled(bool(self._steps))

    def _failed(self, error: Exception) -> None:
        self._tell(f"{error} {getattr(error, 'hint', '')}".strip())

    def _tell(self, problem: str) -> None:
        set_role(self._hint, "error" if problem else "second")
        about = PLAN if self.map.plan_mode else f"{CAMERAS} {ON_PICTURE if self.map.ground else BARE}"
        self._hint.setText(problem or about)


def _grid(fields: dict[str, QLineEdit], titles: tuple[str, ...]) -> QGridLayout:
    """Two fields to a line."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(8)
    for n, (field, title) in enumerate(zip(fields.values(), titles, strict=True)):
        field.setAccessibleName(title)
        grid.addWidget(label(title, "second"), n // 2, n % 2 * 2)
        grid.addWidget(field, n // 2, n % 2 * 2 + 1)
    return grid


def _position(camera: Camera) -> Position:
    from engine.store.records import Position

    return Position(camera.x, camera.y, camera.latitude, camera.longitude)


def _at(camera: Camera, position: Position) -> Camera:
    return replace(camera, x=position.x, y=position.y, latitude=position.latitude, longitude=position.longitude)
