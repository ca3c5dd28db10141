"""A strip with a sentence, and the sentence of an empty page; each with the next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.plain import plain
from app.widgets.basic import Button, ElidedLabel, Glyph, box, label, repolish
from app.words import tr

HEIGHT = 32
MESSAGE_MS = 12_000  # how long a plain message stands
WIDTH = 460  # of the sentence of an empty page


class Notice(QFrame):
    """A strip with an icon, a sentence and the next step."""

    acted = Signal()

    def __init__(self, kind: str = "plain", text: str = "", action: str = "") -> None:
        super().__init__()
        row = box(QHBoxLayout(self), 8, (16, 4, 16, 4))
        self._glyph = Glyph("information-outline")
        self._text = label(text, wrap=True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._button = Button(action, size="small")
        self._button.setProperty("link", "true")
        self._button.clicked.connect(self.acted)
        row.addWidget(self._glyph)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.row = row
        self.show_message(kind, text, action)

    def show_message(self, kind: str, text: str, action: str = "") -> None:
        """`kind` is 'plain', 'warning' or 'error'."""
        self.setProperty("notice", kind)
        glyph = {"plain": "information-outline", "warning": "alert-outline", "error": "alert-circle-outline"}[kind]
        self._glyph.set_icon(glyph, "text2" if kind == "plain" else f"{kind}_text")
        self._text.setText(text)
        self._text.setToolTip(plain(text))
        self._button.set_text(action)
        self._button.setVisible(bool(action))
        repolish(self)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        edge = self.contentsMargins()  # the frame's line, which the layout does not count
        height = self.row.heightForWidth(self.width() - edge.left() - edge.right()) + edge.top() + edge.bottom()
        return QSize(super().sizeHint().width(), max(HEIGHT, height))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """One line; the layout asks the sentence how many more it needs, for a fault is never told by halves."""
        return QSize(super().minimumSizeHint().width(), HEIGHT)


class Messages(QWidget):
    """What is told over every page: a fault stays until it is dismissed, a plain message under it goes by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.fault, self.plain = Notice(), Notice()
        column = box(QVBoxLayout(self))
        for notice in (self.fault, self.plain):
            notice.hide()
            notice.acted.connect(notice.hide)
            column.addWidget(notice)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MESSAGE_MS)
        self._timer.timeout.connect(self.plain.hide)

    def say(self, kind: str, text: str) -> None:
        """`kind` is 'plain', 'warning' or 'error'."""
        notice = self.plain if kind == "plain" else self.fault
        notice.show_message(kind, text, tr("Dismiss"))
        notice.show()
        if notice is self.plain:
            self._timer.start()


class Statement(QFrame):
    """One line over what a model ranked: what the ranking is, and at the right what the model's card says of it.

    The card's words are cut where there is no room; the tooltip, a screen reader and a click give them whole. Without
    a `lead` of its own it is out of sight where no card has anything to say.
    """

    def __init__(self, lead: str = "") -> None:
        super().__init__()
        self.words = ""  # the card's
        self.setProperty("notice", "plain")
        self._alone = not lead
        column = box(QVBoxLayout(self))
        row = box(QHBoxLayout(), 8, (16 if lead else 7, 0, 2, 0))
        self._lead = ElidedLabel(lead, mode=Qt.TextElideMode.ElideRight)
        if lead:
            row.addWidget(Glyph("information-outline"))
            row.addWidget(self._lead, 1)
        self._card = Button("", "alert-outline", size="small")
        self._card.setProperty("flat", "true")
        self._card.setProperty("warning", "true")
        self._card.setCheckable(True)
        row.addWidget(self._card)
        if not lead:
            row.addStretch(1)
        row.addWidget(Strut(HEIGHT))
        column.addLayout(row)
        self._whole = label("", "warning", wrap=True)
        self._whole.setContentsMargins(16, 0, 16, 8)
        self._card.toggled.connect(self._whole.setVisible)
        column.addWidget(self._whole)
        self.say("")

    def say(self, words: str) -> None:
        """The words of the card, whole."""
        self.words = words
        self._card.setChecked(False)
        self._card.setVisible(bool(words))
        self._card.setToolTip(plain(words))
        self._card.setAccessibleDescription(words)
        self._whole.setText(words)
        self._whole.hide()
        if self._alone:
            self.setVisible(bool(words))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As much of the card as the lead leaves room for."""
        short = tr("Provisional model")
        metrics = self._card.fontMetrics()
        room = self.width() - self._lead.fontMetrics().horizontalAdvance(self._lead.whole) - 120
        whole = f"{short}: {self.words}"
        shown = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)
        self._card.set_text(shown if room > 2 * metrics.horizontalAdvance(short) else short)
        self._card.setAccessibleName(short)


class Strut(QWidget):
    """Keeps a row from being lower than this."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.setFixedSize(0, height)


class EmptyState(QWidget):
    """One sentence and one button, centred."""

    def __init__(self, icon: str, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        super().__init__()
        column = box(QVBoxLayout(self), 12)
        column.addStretch(1)
        column.addWidget(Glyph(icon, 32, "text3"), 0, Qt.AlignmentFlag.AlignHCenter)
        self._text = label("", "second", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(WIDTH)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        self.button = Button(action, primary=True)
        if act is not None:
            self.button.clicked.connect(lambda: act())  # noqa: PLW0108 - the signal's own argument stays out
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.set_text(text, action)

    def set_text(self, text: str, action: str = "") -> None:
        self._text.setText(text)
        self._text.setMinimumHeight(self._text.heightForWidth(WIDTH))  # a centred label is given one line only
        self.button.set_text(action)
        self.button.setVisible(bool(action))
