"""The line over the candidates: how many of how many, re-ranking, size of tiles."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.operations.searching import SearchData
from app.widgets.basic import Button, ComboBox, ElidedLabel, Glyph, box, label
from app.words import grouped, tr

NARROWEST, WIDEST = 96, 256


class ResultsLine(QWidget):
    """What was searched, and what another search would use."""

    width_changed = Signal(int)

    def __init__(self, tile_width: int) -> None:
        super().__init__()
        column = box(QVBoxLayout(self), 0, (16, 8, 16, 4))
        row = box(QHBoxLayout(), 12)
        column.addLayout(row)
        self._filters = ElidedLabel("", "warning")
        self._filters.hide()
        column.addWidget(self._filters)
        row.addWidget(label(tr("Candidates"), "strong"))
        self._summary = label("", "second", wrap=True)
        row.addWidget(self._summary, 1)
        self._lock, self._fixed = Glyph("lock-outline", 14, "text3"), label(tr("Order fixed while you review"), "quiet")
        row.addWidget(self._lock)
        row.addWidget(self._fixed)
        self.search = Button(tr("Search again"), "magnify", "search.run", primary=True)
        self.search.hide()
        row.addWidget(self.search)
        row.addWidget(label(tr("Re-ranking"), "quiet"))
        self.rerank = ComboBox()
        self.rerank.setAccessibleName(tr("Re-ranking"))
        self.rerank.setMinimumWidth(150)
        row.addWidget(self.rerank)
        row.addWidget(Glyph("image-size-select-large", 16))
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setAccessibleName(tr("Size of tiles"))
        self._size.setRange(NARROWEST, WIDEST)
        self._size.setValue(tile_width)
        self._size.setFixedWidth(72)
        self._size.valueChanged.connect(self.width_changed)
        row.addWidget(self._size)

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self.offer(not self.search.isHidden())

    _narrow = False

    def offer(self, another: bool) -> None:
        """Whether another search would compare something else; its button takes the room of a note."""
        self.search.setVisible(another)
        for widget in (self._lock, self._fixed):
            widget.setVisible(not another and not self._narrow)

    def tile_width(self) -> int:
        return self._size.value()

    def fill_rerankers(self, found: list[tuple[str, str]]) -> None:
        """`(name, meaning)` of each."""
        now = self.reranker()
        for n, (name, meaning) in enumerate(found):
            self.rerank.addItem(name, name)
            self.rerank.setItemData(n, meaning, Qt.ItemDataRole.ToolTipRole)
        self._choose(now or "")

    def reranker(self) -> str | None:
        """The re-ranking chosen; None leaves it to the engine."""
        name = self.rerank.currentData()
        return name if isinstance(name, str) else None

    def _choose(self, name: str) -> None:
        self.rerank.setCurrentIndex(max(self.rerank.findData(name), 0))

    def show_search(self, data: SearchData) -> None:
        self._choose(data.search.reranker)
        self.rerank.setToolTip(data.ranked_by)
        self._filters.set_text(tr("Filters: {words}").format(words=data.filters) if data.filters else "")
        self._filters.setVisible(bool(data.filters))
        words = tr("first {n} of {all} {kind} tracklets, {cameras}")
        self._summary.setText(
            words.format(
                n=len(data.tiles),
                all=grouped(data.search.gallery_size),
                kind=data.draft.target.label if data.draft else "",
                cameras=tr("{n} cameras", "{n} camera", data.cameras),
            )
        )
