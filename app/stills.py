"""One picture per evidence item, for lists: decoded once by a reader, kept in memory."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from app.session import Changes, Session


class Stills(QObject):
    """`get` gives the picture or asks for it; `arrived` says that one has come."""

    arrived = Signal()

    def __init__(self, session: Session, room: QSize) -> None:
        super().__init__(session)
        self._session, self._room = session, room
        self._images: dict[int, QImage | None] = {}
        session.changed.connect(self._on_changed)

    def get(self, item_id: int, path: Path) -> QImage | None:
        """None while it is on its way, or where it cannot be read (the item's state says why)."""
        if item_id not in self._images:
            self._images[item_id] = None
            room = self._room
            self._session.read(  # so that a late picture of another case's item is not taken for this one's
                lambda _case: _first_frame(path, room),
                lambda image: self._keep(item_id, image),
                lambda _error: None,
                key=("still", item_id),
            )
        return self._images[item_id]

    def _keep(self, item_id: int, image: QImage) -> None:
        self._images[item_id] = image
        self.arrived.emit()

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            self._images.clear()


def _first_frame(path: Path, room: QSize) -> QImage:
    from app.frames import to_image
    from engine.media.source import open_source

    with open_source(path) as source:
        return to_image(next(iter(source.frames())).image, room)
