"""Small pictures for the grids: decoded by readers, newest request first, within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader

from app.session import Changes, Session
from engine.errors import NightjarError

COALESCE_MS = 16


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a crop that did not decode."""

    reason: str


Key = tuple[int, int, int]  # crop, width and height of the room


def decode(jpeg: bytes, room: QSize) -> QImage:
    """The picture scaled into `room` (device pixels), ready to be drawn; `NightjarError` where it does not decode."""
    buffer = QBuffer()
    buffer.setData(QByteArray(jpeg))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    image = reader.read()
    if image.isNull():
        raise NightjarError(f"The crop cannot be read: {reader.errorString()}.")
    if not room.isEmpty():
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, mode)
    return image.convertToFormat(QImage.Format.Format_RGB32)


class Thumbnails(QObject):
    """Asked by delegates while they paint; `arrived` names the crops that a repaint would show."""

    arrived = Signal(object)  # set of crop ids

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._images: OrderedDict[Key, QImage | Unreadable] = OrderedDict()
        self._asked: set[Key] = set()
        self.held_bytes = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._announce)
        self._fresh: set[int] = set()
        session.changed.connect(self._on_changed)

    def get(self, crop_id: int, room: QSize) -> QImage | Unreadable | None:
        """The picture for a tile of `room` device pixels; None while it is on its way."""
        key = (crop_id, room.width(), room.height())
        found = self._images.get(key)
        if found is not None:
            self._images.move_to_end(key)
        elif key not in self._asked:
            self._asked.add(key)
            wanted = QSize(room)
            self._session.read(
                lambda case: decode(case.tracklets.crop_jpeg(crop_id), wanted),
                lambda image: self._keep(key, image),
                lambda error: self._keep(key, Unreadable(str(error))),
                key=("thumbnail", key),
            )
        return found

    def keep_only(self, crops: set[int]) -> None:
        """Cancel what is no longer in sight."""
        self._session.pool.keep_only(lambda key: not _is_thumbnail(key) or key[1][0] in crops)  # type: ignore[index]
        self._asked = {key for key in self._asked if key[0] in crops}

    def forget(self, crop_id: int) -> None:
        """Read this one again at the next paint."""
        for key in [key for key in self._images if key[0] == crop_id]:
            self._drop(key)
        self.arrived.emit({crop_id})

    def _announce(self) -> None:
        fresh, self._fresh = self._fresh, set()
        self.arrived.emit(fresh)

    def _drop(self, key: Key) -> None:
        image = self._images.pop(key, None)
        if isinstance(image, QImage):
            self.held_bytes -= image.sizeInBytes()

    def _keep(self, key: Key, image: QImage | Unreadable) -> None:
        self._drop(key)
        self._asked.discard(key)
        self._images[key] = image
        self._fresh.add(key[0])
        if isinstance(image, QImage):
            self.held_bytes += image.sizeInBytes()
        while self.held_bytes > self._session.preferences.cache_bytes and len(self._images) > 1:
            self._drop(next(iter(self._images)))
        if not self._timer.isActive():
            self._timer.start()

    def _on_changed(self, changes: Changes) -> None:
        if changes.case:
            self._images.clear()
            self._asked.clear()
            self.held_bytes = 0


def _is_thumbnail(key: object) -> bool:
    return isinstance(key, tuple) and len(key) == 2 and key[0] == "thumbnail"
