"""The subjects of a case at the left of their page: found by name or note, one painted row each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.plain import plain
from app.subjects import SubjectRow
from app.thumbnails import Thumbnails
from app.tiles import paint_fitted
from app.widgets.basic import box, label, styled
from app.widgets.lists import MOVES, paint_row
from app.words import tr

Index = QModelIndex | QPersistentModelIndex
WIDTH, ROW = 232, 72
PICTURE = QSize(40, 60)
ABOUT = tr("A subject is what the analyst confirmed. The software never forms one by itself.")
NONE_FITS = tr("No subject has this in its name or notes.")


class SubjectModel(QAbstractListModel):
    """The rows that fit what is looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[SubjectRow] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.subject.label} {row.subject.name}, {_counts(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(f"{row.subject.name}\n{row.subject.notes}".strip())
        return None

    def show(self, rows: Sequence[SubjectRow]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def row_of(self, subject: int | None) -> int | None:
        return next((n for n, row in enumerate(self.rows) if row.subject.id == subject), None)


class SubjectDelegate(QStyledItemDelegate):
    """Picture, number, how many appearances by night and by day, name."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(WIDTH - 20, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: SubjectRow = index.model().rows[index.row()]
        area = option.rect
        painter.save()
        paint_row(painter, option)
        picture = QRect(area.x() + 16, area.y() + 6, PICTURE.width(), PICTURE.height())
        painter.fillRect(picture, theme.color("surround"))
        found = self._thumbnails.get(row.crop, PICTURE * painter.device().devicePixelRatioF()) if row.crop else None
        if isinstance(found, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            paint_fitted(painter, picture, found)
        words = QRect(picture.right() + 9, area.y() + 16, area.right() - picture.right() - 17, 20)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(theme.color("text1"))
        painter.drawText(words, middle, row.subject.label)
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("text2"))
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, _counts(row))
        painter.setFont(theme.font(13))
        named = row.subject.name != row.subject.label
        painter.setPen(theme.color("text1" if named else "text3"))
        name = row.subject.name if named else tr("no name yet")
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words.translated(0, 20), middle, shown)
        painter.restore()


class SubjectView(QListView):
    """Arrows move; letters and Enter are left to the page's keys."""

    current_changed = Signal(int)

    def __init__(self, model: SubjectModel, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._subjects = model
        self.setAccessibleName(tr("Subjects"))
        self.setModel(model)
        self.setItemDelegate(SubjectDelegate(thumbnails))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(lambda now, _before: self.current_changed.emit(now.row()))
        thumbnails.arrived.connect(self._arrived)
        theme.themer.changed.connect(self.viewport().update)

    def _arrived(self, _crops: object) -> None:
        self.viewport().update()

    @property
    def row(self) -> int:
        return self.currentIndex().row()

    def select_row(self, row: int) -> None:
        index = self._subjects.index(row)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()


class SubjectPanel(QWidget):
    """`chosen` is the subject on show: what is looked for narrows the list, and where nothing fits the one before
    stays on show."""

    changed = Signal()  # another subject is chosen

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        styled(self, "leftpanel")
        self.setFixedWidth(WIDTH)
        self.chosen: int | None = None
        self._all: Sequence[SubjectRow] = ()
        self._narrowing = False
        self.find = QLineEdit()
        self.find.setPlaceholderText(tr("Name or note"))
        self.find.setAccessibleName(tr("Find a subject by name or note"))
        self.find.setClearButtonEnabled(True)
        self.model = SubjectModel()
        self.list = SubjectView(self.model, thumbnails)
        column = box(QVBoxLayout(self), 0, (0, 0, 1, 0))
        top = box(QVBoxLayout(), 0, (16, 8, 15, 8))
        top.addWidget(self.find)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self._note = label(ABOUT, "quiet", wrap=True)
        self._note.setContentsMargins(16, 12, 16, 16)
        column.addWidget(self._note)
        self.find.textChanged.connect(lambda _text: self._narrow())
        self.find.returnPressed.connect(self.list.setFocus)
        self.list.current_changed.connect(self._take)

    def show_rows(self, rows: Sequence[SubjectRow]) -> None:
        """Every subject of the case; the one chosen stays chosen while it is there."""
        self._all = rows
        if self.chosen not in {row.subject.id for row in rows}:
            self.chosen = rows[0].subject.id if rows else None
        self._narrow()

    def forget(self) -> None:
        """Another case."""
        self.chosen = None
        self.find.clear()
        self.show_rows(())

    def _narrow(self) -> None:
        needle = self.find.text().strip()
        fitting = [row for row in self._all if row.fits(needle)]
        before = self.chosen
        self._narrowing = True
        self.model.show(fitting)
        if fitting:
            self.list.select_row(self.model.row_of(self.chosen) or 0)
            self.chosen = fitting[self.list.row].subject.id
        self._narrowing = False
        self._note.setText(NONE_FITS if self._all and not fitting else ABOUT)
        if self.chosen != before:
            self.changed.emit()

    def _take(self, row: int) -> None:
        if not self._narrowing and 0 <= row < len(self.model.rows) and self.model.rows[row].subject.id != self.chosen:
            self.chosen = self.model.rows[row].subject.id
            self.changed.emit()


def _counts(row: SubjectRow) -> str:
    return f"{row.night} IR · {row.day} RGB"
