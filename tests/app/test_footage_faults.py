"""Footage that goes away or changes while it is on show: told in a sentence, and the window lives on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.shell import Window
from engine.case import Case
from engine.errors import EvidenceChangedError, EvidenceError
from tests.app.conftest import EXAMINER, Wait
from tests.helpers.cases import searched
from tests.helpers.films import people_case


@pytest.fixture
def case_folder(tmp_path: Path) -> Path:
    """A case with footage of its own, since these tests damage it."""
    people_case(tmp_path).close()
    return tmp_path / "case"


@pytest.fixture
def review(opened: Window, until: Wait) -> Any:
    """The review page with the first film on show."""
    page = opened.show_page("review")
    until(lambda: page.feed.current is not None)
    return page


def _vanish(path: Path) -> None:
    path.rename(path.with_suffix(".away"))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _return(path: Path, copy: Path) -> None:
    path.with_suffix(".away").unlink(missing_ok=True)
    shutil.copyfile(copy, path)


@pytest.mark.parametrize(("harm", "kind"), [(_vanish, EvidenceError), (_cut, EvidenceChangedError)])
def test_footage_harmed_during_playback(
    review: Any,
    until: Wait,
    errors: list[Exception],
    tmp_path: Path,
    harm: Callable[[Path], None],
    kind: type[Exception],
) -> None:
    path = review.row.item.path
    copy = Path(shutil.copyfile(path, tmp_path / "copy.mp4"))
    review.feed.play()
    until(lambda: review.feed.current.index >= 3)
    harm(path)
    until(lambda: not review.feed.playing)  # what was read ahead may still be shown to its end
    review.feed.show(int(review.feed.item.pts[1]))
    until(lambda: errors)
    assert all(isinstance(error, kind) for error in errors), errors
    assert path.name in review.canvas._message
    assert not review.shell.messages.fault.isHidden()
    _return(path, copy)
    errors.clear()
    other = next(row.item for row in review._rows if row.item.id != review.row.item.id)
    first = review.row.item.id
    for item in (other.id, first):
        review.open_item(item)
        until(lambda item=item: review.row.item.id == item and review.feed.current is not None)
    assert review.feed.current.index == 0
    assert not errors, "with the file back, the page goes on"


def test_another_file_in_the_place_of_the_registered_one_is_not_played(
    review: Any, until: Wait, errors: list[Exception]
) -> None:
    first, other = (row.item for row in review._rows[:2])
    shutil.copyfile(first.path, other.path)
    review.open_item(other.id)
    until(lambda: errors)
    assert isinstance(errors[0], EvidenceChangedError)
    assert "not the file that was registered" in review.canvas._message


def test_a_clip_goes_on_looping_and_the_next_one_says_why_it_cannot(
    case_folder: Path, window: Window, until: Wait, errors: list[Exception]
) -> None:
    with Case.open(case_folder, examiner=EXAMINER) as case:
        everybody = case.tracklets.list()
        night = [t.id for t in everybody if t.modality.value == "ir"]
        day = [t.id for t in everybody if t.modality.value == "rgb"]
        searched(case, night[0], day)
        films = {t.id: case.evidence.get(t.item_id).path for t in everybody}
    window.open_case(str(case_folder))
    until(lambda: window.session.is_open)
    page: Any = window.show_page("search")
    until(lambda: page.model.tiles)
    page._show_view(1)
    compare = page.compare
    until(compare.ready)
    shown = page.model.tiles[0].tracklet
    for film in set(films.values()):
        _cut(film)
    caption = compare._right.film.caption
    until(lambda: compare._right.film.caption != caption)  # it is in memory, and loops
    page.view.select_row(next(n for n, t in enumerate(page.model.tiles) if films[t.tracklet] != films[shown]))
    until(lambda: "not the file that was registered" in compare._right.film._message)
    assert compare._right.crop._image is not None, "the stored crop needs no footage"
    assert compare._left.clip is not None
    assert not errors, "said where the clip would be, and nowhere else"
