"""Small pictures for the grids: decoded by readers, newest request first, within a bound of bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader

from app.session import Changes, Session
from app.words import tr
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
        raise NightjarError(tr("The crop cannot be read: {why}.").format(why=reader.errorString()))
    if not room.isEmpty():
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, mode)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def shared(session: Session) -> Thumbnails:
    """The one store of small pictures of a session: pages share what was decoded, and the bound of its bytes."""
    return session.findChild(Thumbnails) or Thumbnails(session)


class Thumbnails(QObject):
    """Asked by delegates while they paint; `arrived` names the crops that a repaint would show."""

    arrived = Signal(object)  # set of crop ids

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._images: OrderedDict[Key, QImage | Unreadable] = OrderedDict()
        self._asked: dict[Key, set[object]] = {}  # on their way, with those who would cancel them
        self.held_bytes = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._announce)
        self._fresh: set[int] = set()
        session.changed.connect(self._on_changed)

    def get(self, crop_id: int, room: QSize, asker: object = None) -> QImage | Unreadable | None:
        """The picture for a tile of `room` device pixels; None while it is on its way.

        An `asker` may cancel with `keep_only` what nobody else has asked for.
        """
        key = (crop_id, room.width(), room.height())
        found = self._images.get(key)
        if found is not None:
            self._images.move_to_end(key)
        elif key in self._asked:
            self._asked[key].add(asker)
        else:
            self._asked[key] = {asker}
            wanted = QSize(room)
            self._session.read(
                lambda case: decode(case.tracklets.crop_jpeg(crop_id), wanted),
                lambda image: self._keep(key, image),
                lambda error: self._keep(key, Unreadable(str(error))),
                key=("thumbnail", key),
            )
        return found

    def keep_only(self, crops: set[int], asker: object) -> None:
        """Cancel what this asker no longer has in sight."""
        unwanted = {("thumbnail", key) for key, askers in self._asked.items() if self._only(asker, askers, key, crops)}
        if unwanted:
            self._session.pool.keep_only(lambda key: key not in unwanted)
        for _, key in unwanted:
            del self._asked[key]

    @staticmethod
    def _only(asker: object, askers: set[object], key: Key, crops: set[int]) -> bool:
        if key[0] not in crops:
            askers.discard(asker)
        return not askers

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
        self._asked.pop(key, None)
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
