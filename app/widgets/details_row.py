"""The details row: raw figures stay behind it, because scores bias examiners."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.operations.searching import SearchData
from app.tiles import Tile
from app.widgets.basic import Button, ElidedLabel, box, label, styled
from app.words import figure, short_hash, tr
from engine.types import Verdict

HINT = tr("distance, its place in this gallery, gap between ranks 1 and 2, model and parameters")


class DetailsRow(QWidget):
    """32 pixels closed; opens to distance, place in the gallery, gap, model and parameters."""

    def __init__(self) -> None:
        super().__init__()
        styled(self, "detailsrow")
        column = box(QVBoxLayout(self), 4, (16, 1, 16, 1))
        row = box(QHBoxLayout(), 8)
        self._button = Button(tr("Details"), "chevron-right", "details", size="small")
        self._button.setProperty("flat", "true")
        self._button.clicked.connect(self.toggle)
        row.addWidget(self._button)
        self._hint = ElidedLabel(HINT, "quiet")
        row.addWidget(self._hint, 1)
        self._reviewed = label("", "second")
        row.addWidget(self._reviewed)
        column.addLayout(row)
        self._text = label("", "mono", wrap=True, selectable=True)
        self._text.setContentsMargins(24, 0, 0, 8)
        self._text.hide()
        column.addWidget(self._text)

    def toggle(self) -> None:
        """Open or close."""
        shown = self._text.isHidden()
        self._text.setVisible(shown)
        self._hint.set_text("" if shown else HINT)
        self._button.set_icon("chevron-down" if shown else "chevron-right")

    def show_candidate(self, data: SearchData | None, tile: Tile | None, *, blind: bool) -> None:
        """What is behind one candidate's rank, and how far the review is."""
        if data is None:
            self._text.setText("")
            self._reviewed.setText("")
            return
        self._reviewed.setText(_reviewed(data))
        lines = []
        if tile is not None and not blind:
            standing = data.standings.get(tile.tracklet)
            if standing is not None:
                words = tr("cosine distance {raw}, ranked by {distance}")
                if standing.nearer is not None:
                    words = tr("cosine distance {raw}, nearer than this: {share} of the gallery, ranked by {distance}")
                lines.append(
                    words.format(
                        raw=figure(standing.raw_distance, ".4f"),
                        share=figure(standing.nearer or 0.0, ".2%"),
                        distance=figure(standing.distance, ".4f"),
                    )
                )
        if blind:
            lines.append(tr("Blind mode: figures are hidden."))
        if data.gap is not None and not blind:
            words = tr("gap between ranks 1 and 2: {gap}. {rule}")
            lines.append(words.format(gap=figure(data.gap, ".4f"), rule=data.band_rule))
        search = data.search
        model = tr("model {name} {sha}, re-ranking {reranker}, {provider}, gallery {gallery}, {at} UTC by {who}")
        lines.append(
            model.format(
                name=search.model_name,
                sha=short_hash(search.model_sha256),
                reranker=search.reranker,
                provider=search.provider,
                gallery=short_hash(search.gallery_sha256),
                at=search.at[:19].replace("T", " "),
                who=search.examiner,
            )
        )
        self._text.setText("\n".join(lines))


def _reviewed(data: SearchData) -> str:
    counts = {verdict: sum(tile.verdict is verdict for tile in data.tiles) for verdict in Verdict}
    words = tr("Reviewed {n} of {all} · {c} confirmed · {r} rejected · {i} inconclusive")
    return words.format(
        n=sum(counts.values()),
        all=len(data.tiles),
        c=counts[Verdict.CONFIRMED],
        r=counts[Verdict.REJECTED],
        i=counts[Verdict.INCONCLUSIVE],
    )
