"""What media tells the other rooms, as plain values. Nothing here imports a decoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from engine.types import Frame, Timestamp

if TYPE_CHECKING:
    from engine.media.index import PtsIndex


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file of evidence says about itself, checked against its first pictures.

    `width`, `height` are pixels of the upright frame with square pixels: stored pictures are turned by
    `rotation` degrees clockwise (after `mirrored` left to right) and stretched by `pixel_aspect`.
    `timing` is 'container' where frames carry usable PTS, 'counted' where they do not: then PTS n is the n-th
    decoded picture and `time_base` is one frame duration. `average_rate` is in frames per second, `duration`
    in seconds. `stated_frames` is the container's own exact count, where it keeps one. `recorded_at` is a naive
    recorder time found in the pictures' EXIF or file names; `creation_time` is what the container states, unverified.
    """

    kind: Literal["video", "images"]
    container: str
    codec: str
    pixel_format: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    time_base: Fraction
    average_rate: Fraction | None
    duration: Fraction | None
    frame_estimate: int | None
    start_pts: int
    rotation: int = 0
    mirrored: bool = False
    pixel_aspect: Fraction = Fraction(1)
    interlaced: bool = False
    timing: Literal["container", "counted"] = "container"
    stream_index: int = 0
    stated_frames: int | None = None
    recorded_at: datetime | None = None
    creation_time: str | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"a picture needs a positive size, got {self.width} x {self.height}")
        if self.time_base <= 0:
            raise ValueError("a time base must be positive")

    @property
    def frame_step(self) -> int:
        """The usual distance between two frames in PTS units, at least 1."""
        if self.timing == "counted" or not self.average_rate:
            return 1
        return max(1, round(1 / (self.average_rate * self.time_base)))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; fractions as 'n/d', times as ISO 8601."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `as_dict`; unknown keys are ignored."""
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        for name in ("time_base", "average_rate", "duration", "pixel_aspect"):
            if known.get(name) is not None:
                known[name] = Fraction(known[name])
        if known.get("recorded_at") is not None:
            known["recorded_at"] = datetime.fromisoformat(known["recorded_at"])
        known["warnings"] = tuple(known.get("warnings", ()))
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@dataclass(slots=True)
class DecodeFailures:
    """The honest count of pictures that did not decode, on the item's PTS clock.

    `undecoded` gave no picture; `corrupt` gave a picture that the decoder had to patch; `undelivered` is how many
    frames the container promises beyond those found (known after a complete pass; a cut-off file has many);
    `retimed` had a PTS that is missing, repeated or far out of order and were given the next free one; `rescaled` had
    another size than the rest of the recording. Each picture counts once, however often it is visited.
    """

    time_base: Fraction
    step: int = 1
    undelivered: int = 0
    _undecoded: set[int] = field(default_factory=set)
    _corrupt: set[int] = field(default_factory=set)
    _retimed: set[int] = field(default_factory=set)
    _rescaled: set[int] = field(default_factory=set)

    def note_undecoded(self, pts: int) -> None:
        self._undecoded.add(pts)

    def note_corrupt(self, pts: int) -> None:
        self._corrupt.add(pts)

    def note_retimed(self, pts: int) -> None:
        self._retimed.add(pts)

    def note_rescaled(self, pts: int) -> None:
        self._rescaled.add(pts)

    @property
    def _noted(self) -> dict[str, set[int]]:
        return {
            "undecoded": self._undecoded,
            "corrupt": self._corrupt,
            "retimed": self._retimed,
            "rescaled": self._rescaled,
        }

    def noted(self, until: int) -> dict[str, list[int]]:
        """By kind, the PTS up to `until`, ascending: what a resumed pass must note again."""
        return {kind: sorted(pts for pts in found if pts <= until) for kind, found in self._noted.items()}

    def recall(self, noted: Mapping[str, Iterable[int]]) -> None:
        """The inverse of `noted`; a kind may be missing."""
        for kind, mine in self._noted.items():
            mine.update(int(pts) for pts in noted.get(kind, ()))

    def take_over(self, other: DecodeFailures, start: int) -> None:
        """Add what `other` noted from PTS `start` on."""
        for kind, theirs in other._noted.items():
            self._noted[kind].update(pts for pts in theirs if pts >= start)

    @property
    def undecoded(self) -> int:
        return len(self._undecoded)

    @property
    def corrupt(self) -> int:
        return len(self._corrupt)

    @property
    def retimed(self) -> int:
        return len(self._retimed)

    @property
    def rescaled(self) -> int:
        return len(self._rescaled)

    @property
    def total(self) -> int:
        """Pictures lost or patched."""
        return len(self._undecoded | self._corrupt) + self.undelivered

    @property
    def ranges(self) -> tuple[tuple[Timestamp, Timestamp], ...]:
        """Where pictures are lost or patched: first and last PTS of each run, ascending."""
        return self._runs(self._undecoded | self._corrupt, gap=2 * self.step)

    @property
    def retimed_ranges(self) -> tuple[tuple[Timestamp, Timestamp], ...]:
        """Where times are made up: first and last PTS of each run, ascending."""
        return self._runs(self._retimed, gap=self.step)

    def _runs(self, found: set[int], gap: int) -> tuple[tuple[Timestamp, Timestamp], ...]:
        runs: list[list[int]] = []
        for pts in sorted(found):
            if runs and pts - runs[-1][1] <= gap:
                runs[-1][1] = pts
            else:
                runs.append([pts, pts])
        return tuple((Timestamp(first, self.time_base), Timestamp(last, self.time_base)) for first, last in runs)


class FrameSource(Protocol):
    """Frames of one evidence item, in presentation order and by exact PTS. Used by one thread at a time."""

    @property
    def probe(self) -> Probe: ...

    @property
    def index(self) -> PtsIndex:
        """Every frame's PTS; built at the first use if it was not given."""

    @property
    def failures(self) -> DecodeFailures: ...

    def frames(self, start: int | None = None) -> Iterator[Frame]:
        """Every frame from the first with PTS >= `start` (None: from the first frame)."""

    def frame_at(self, pts: int) -> Frame:
        """Exactly the frame with this PTS, the same bytes as from `frames`; what a codec paints into the missing
        parts of a damaged picture may differ. `EvidenceError` where there is none or it does not decode."""

    def keyframes(self, every_seconds: Fraction | int = 0, start: int | None = None) -> Iterator[Frame]:
        """Frames that decode on their own, at least `every_seconds` apart, from the first with PTS >= `start`
        (None: from the first frame): a quick pass."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
