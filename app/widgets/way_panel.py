"""Where a subject was when: lanes by camera over time, or the same appearances on the map of cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.plain import plain
from app.plans import route
from app.session import Session
from app.site_plans import Ground
from app.subjects import Appearance
from app.widgets.basic import Button, Segment, box, label
from app.widgets.camera_map import CameraMap, MapLegend
from app.widgets.lanes import ZOOMS, Lanes, LanesLegend
from app.widgets.site_plan_panel import SitePlanPanel
from app.words import tr

if TYPE_CHECKING:
    from engine.store.records import Camera
    from engine.store.site_plans import SitePlan

LANES, MAP = "lanes", "map"
BESIDE = 224
MAP_HEIGHT = 220  # at least
NAMED = 3  # cameras without a place; more are counted


class WayPanel(QWidget):
    """Emits `picked` with a tracklet, `place_asked` when cameras or their plan are to be placed."""

    picked = Signal(int)
    place_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        column = box(QVBoxLayout(self), 8)
        line = box(QHBoxLayout(), 8)
        self.choice = Segment(tr("Appearances"), [(tr("Over time"), LANES), (tr("Map"), MAP)], size="small")
        self.choice.chosen.connect(self._show)
        line.addWidget(self.choice)
        self._lost = 0  # appearances that have no place in the order
        self._words = label("", "quiet")
        line.addWidget(self._words)
        self._legends = {LANES: LanesLegend(), MAP: MapLegend()}
        for legend in self._legends.values():
            line.addWidget(legend)
        line.addStretch(1)
        self.zoom = Segment(tr("Time shown"), list(ZOOMS), size="small")
        self.zoom.select(0)
        line.addWidget(self.zoom)
        self.place = Button(tr("Cameras…"), "cctv", "cameras", size="small")
        self.place.clicked.connect(self.place_asked)
        line.addWidget(self.place)
        column.addLayout(line)
        self.lanes, self.map = Lanes(), CameraMap()
        self.map.setMinimumHeight(MAP_HEIGHT)
        self.zoom.chosen.connect(self.lanes.set_zoom)
        self.lanes.zoomed.connect(self.zoom.select)
        self.lanes.picked.connect(self.picked)
        self.map.picked.connect(self.picked)
        column.addWidget(self.lanes)
        self._plan = QWidget()
        row = box(QHBoxLayout(self._plan), 12)
        row.addWidget(self.map, 1)
        self._beside = label("", "second", wrap=True)
        self.site = SitePlanPanel(session)
        self.site.setFixedWidth(BESIDE)
        self.site.loaded.connect(self._lay)
        side = box(QVBoxLayout(), 12)
        side.addWidget(self._beside)
        side.addStretch(1)
        side.addWidget(self.site)
        row.addLayout(side)
        column.addWidget(self._plan, 1)
        self._show(LANES)

    def zoom_by(self, step: int) -> None:
        """Nearer (1), farther (-1) or all (0)."""
        self._show(LANES)
        if step:
            self.lanes.step_zoom(step)
        else:
            self.lanes.set_zoom(0)

    def toggle(self) -> None:
        """Lanes or map."""
        self._show(LANES if self._plan.isVisibleTo(self) else MAP)

    def choose_plan(self) -> None:
        """Ask for a site plan, where it can be seen."""
        self._show(MAP)
        self.site.ask_plan()

    def _show(self, which: object) -> None:
        self.choice.select(which)
        self.lanes.setVisible(which == LANES)
        self._plan.setVisible(which == MAP)
        for name, legend in self._legends.items():
            legend.setVisible(which == name)
        self.zoom.setVisible(which == LANES)
        self.place.setVisible(which == MAP)
        self._say_zone()
        height = QSizePolicy.Policy.Maximum if which == LANES else QSizePolicy.Policy.Expanding
        self.setSizePolicy(QSizePolicy.Policy.Preferred, height)

    def show_appearances(
        self, appearances: Sequence[Appearance], cameras: Sequence[Camera], plan: SitePlan | None
    ) -> None:
        self.lanes.show_appearances(appearances, [camera.name for camera in cameras])
        self._say_zone()
        stops = route(appearances)
        self.map.show_cameras(cameras, stops)
        self._lost = len(appearances) - len(stops)
        self._say_beside()
        self.site.show_plan(plan)

    def _lay(self, ground: Ground | None) -> None:
        self.map.lay(ground)
        self._say_beside()

    def _say_beside(self) -> None:
        lines = []
        names = [camera.name for camera in self.map.plan.without]
        if names:
            more = len(names) - NAMED
            words = tr("Without a place here: {names}")
            if more > 0:
                words = tr("Without a place here: {names} and {n} more", "", more)
            lines.append(words.format(names=", ".join(names[:NAMED])))
        if self._lost:
            lines.append(
                tr(
                    "{n} appearances not in the order: no clock offset is set.",
                    "{n} appearance not in the order: no clock offset is set.",
                    self._lost,
                )
            )
        self._beside.setText("\n".join(lines))
        self._beside.setToolTip(plain("\n".join(names)))
        self._beside.setVisible(bool(lines))

    def select(self, tracklet: int) -> None:
        """Show one appearance as chosen."""
        self.lanes.select(tracklet)
        self.map.selected = tracklet
        self.map.update()

    def _say_zone(self) -> None:
        zone = self.lanes.zone if self.lanes.isVisibleTo(self) else ""
        self._words.setText(tr("adjusted time, {zone}").format(zone=zone) if zone else "")
        self._words.setVisible(bool(zone))
