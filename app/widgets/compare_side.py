"""One side of the comparison: a person's names and times, best crop and clip."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.clips import LONGEST, Clip
from app.people import Person
from app.times import Reading, date_time
from app.widgets.badge import Badge
from app.widgets.basic import ElidedLabel, box, label, styled
from app.widgets.clip_transport import ClipTransport
from app.words import figure, grouped, tr

TIGHT = 460  # pixels of width under which names and times do not fit beside one another
HOLD_SECONDS = 0.5  # a clip rests at its end before it begins again


class ZoomPicture(QWidget):
    """An image at a scale of its own, moved by dragging; both sides share `zoom` and `offset`."""

    zoomed = Signal(float)
    dragged = Signal(QPointF)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.zoom, self.offset = 1.0, QPointF()
        self.caption = ""
        self.box: QRectF | None = None  # share of the image
        self.heat: QImage | None = None  # drawn over the image, whatever its own size
        self._image: QImage | None = None
        self._message = ""
        self._held: QPointF | None = None

    def show_image(self, image: QImage | None, message: str = "") -> None:
        self._image, self._message = image, message
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surround"))
        room = QRectF(self.rect()).adjusted(8, 8, -8, -28)
        if self._image is None:
            painter.setPen(theme.color("text1"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        size = self._image.size().toSizeF().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio) * self.zoom
        area = QRectF(0, 0, size.width(), size.height())
        area.moveCenter(room.center() + self.offset * self.zoom)
        painter.save()
        painter.setClipRect(room)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._image)
        if self.heat is not None:
            painter.drawImage(area, self.heat)
        if self.box is not None:
            share = self.box
            outline = QRectF(
                area.x() + share.x() * area.width(),
                area.y() + share.y() * area.height(),
                share.width() * area.width(),
                share.height() * area.height(),
            )
            for width, colour in ((4, QColor(0, 0, 0)), (2, QColor(theme.OVER_FOOTAGE))):
                painter.setPen(QPen(colour, width))
                painter.drawRect(outline)
        painter.restore()
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text1"))
        foot = QRectF(8, self.height() - 24, self.width() - 16, 20)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.caption)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.zoomed.emit(1.25 if event.angleDelta().y() > 0 else 0.8)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held is not None:
            self.dragged.emit((event.position() - self._held) / self.zoom)
            self._held = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._held = None


class Side(QWidget):
    """One person: names and both times above, best crop and clip below."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.clip: Clip | None = None
        column = box(QVBoxLayout(self))
        self._head = styled(QWidget(), "topline")
        row = box(QHBoxLayout(self._head), 8, (16, 4, 16, 4))
        self._row = row
        left = box(QVBoxLayout(), 0)
        first = box(QHBoxLayout(), 8)
        self._name = label(title, "strong")
        self._badge = Badge()
        first.addWidget(self._name)
        first.addWidget(self._badge)
        first.addStretch(1)
        left.addLayout(first)
        self._where = ElidedLabel("", "small")
        left.addWidget(self._where)
        row.addLayout(left, 1)
        self._times = label("", "second")
        row.addWidget(self._times)
        column.addWidget(self._head)
        pictures = box(QHBoxLayout(), 0)
        self.crop = ZoomPicture(": ".join((title, tr("best crop"))))
        self.film = ZoomPicture(": ".join((title, tr("clip"))))
        pictures.addWidget(self.crop, 1)
        pictures.addWidget(self.film, 1)
        column.addLayout(pictures, 1)
        self.transport = ClipTransport(title, HOLD_SECONDS)
        self.transport.shown.connect(self._show_frame)
        column.addWidget(self.transport)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Both times stand beside the name, or below it where there is no room."""
        super().resizeEvent(event)
        tight = event.size().width() < TIGHT
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if tight else QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(0 if tight else 8)
        self._head.setFixedHeight(84 if tight else 50)

    def show_person(self, person: Person | None, lead: str = "") -> None:
        self.clip = None
        self.transport.show_clip(())
        self.show_heat(None)
        self.film.show_image(None, tr("Reading the clip…") if person else "")
        if person is None:
            self.crop.show_image(None)
            return
        self._name.setText(f"{self._title}, {lead}" if lead else self._title)
        self._badge.set_modality(person.tracklet.modality)
        self._where.set_text(f"{person.camera} · {person.tracklet.label}")
        self._times.setText(_times(person.first))
        self.crop.caption = tr("Best crop · {w} × {h} px").format(
            w=person.best.quality.width, h=person.best.quality.height
        )

    def show_heat(self, heat: QImage | None) -> None:
        """Lay a heat map over the crop; None takes it away."""
        self.crop.heat = heat
        self.crop.update()

    def show_clip(self, clip: Clip | None, *, full: bool, why: str = "") -> None:
        """The clip has come, or `why` not."""
        self.clip = clip
        self.film.show_image(None, why)
        self.film.caption = ""
        self.film.box = clip.box if clip is not None and full else None
        self.transport.show_clip(clip.seconds if clip is not None and not full else ())
        if clip is None:
            return
        if full:
            self.film.show_image(clip.full, tr("This frame does not decode."))
            self.film.caption = tr("Full frame of the best crop")
        elif not clip.images:
            self.film.show_image(None, tr("No frame of this clip decodes."))

    def _show_frame(self, n: int) -> None:
        assert self.clip is not None
        words = tr("Clip, frame {n} of {all}").format(n=grouped(self.clip.numbers[n]), all=grouped(self.clip.frames))
        missing = self.clip.missing
        lost = [tr("{n} frames not decoded", "{n} frame not decoded", missing)] if missing else []
        part = [tr("{s} s around the best crop").format(s=figure(LONGEST, "g"))] if self.clip.part else []
        self.film.caption = ", ".join([words, *part, *lost])
        self.film.show_image(self.clip.images[n])


def _times(reading: Reading) -> str:
    adjusted = f"{date_time(reading.adjusted)} {reading.margin()}" if reading.adjusted else tr("no offset set")
    recorder = date_time(reading.recorder) or reading.recorder_time()
    return "\n".join((tr("Recorder") + f"  {recorder}", tr("Adjusted") + f"  {adjusted}"))
