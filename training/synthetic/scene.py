"""Clips of fixed cameras that people walk through, with truth for every frame.

A scene is a set of cameras, each with its own place, and a cast who pass through all of them, mixed with passers-by
who show up once. Everything follows from the seed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.progress import Progress, Work
from training.synthetic import manifest as mf
from training.synthetic.carrying import Conduct, draw_conduct
from training.synthetic.figure import Figure
from training.synthetic.renderer import Backdrop, Picture, Subject
from training.synthetic.sensor import FilmGrain, expose, reference_level
from training.synthetic.station import Station, draw_station
from training.synthetic.studio import Studio
from training.synthetic.truth import Sighting, mot_lines, sightings
from training.synthetic.video import CLOCK, clip_writer
from training.synthetic.walk import Walk, beside, draw_walk
from training.synthetic.workers import run_tasks

PASSERS_BY = 1000  # their ids start above


@dataclass(frozen=True)
class CameraPlan:
    """One clip. start: ISO time of its first frame by the reference clock; clock_offset: seconds the recorder's clock
    runs ahead of it; jitter: seconds a frame may come late; zoom: of the lens, 1 = as wide as it comes."""

    name: str
    infrared: bool
    start: str
    world: int
    clock_offset: float = 0.0
    jitter: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class SceneSettings:
    """Parameters of a scene; they decide its bytes (together with the version of the encoder)."""

    seed: int = 0
    people: int = 12
    passers_by: int = 6  # per clip
    seconds: float = 60.0
    rate: int = 12
    width: int = 1280
    height: int = 720
    crf: int = 28
    together: float = 2.5  # people in view at a time, about
    noise: float = 1.0  # scales sensor noise; less makes smaller files
    cameras: tuple[CameraPlan, ...] = field(default_factory=tuple)

    def check(self) -> None:
        """UsageError where the numbers make no sense."""
        mf.check_count("--people", self.people, 1, PASSERS_BY)
        mf.check_count("--passers-by", self.passers_by, 0, 999)
        mf.check_count("--seconds", int(self.seconds), 1, 86400)
        mf.check_count("--rate", self.rate, 1, 60)
        mf.check_count("--width", self.width, 160, 3840)
        mf.check_count("--height", self.height, 120, 2160)
        mf.check_even("--width", self.width)
        mf.check_even("--height", self.height)


@dataclass(frozen=True)
class Role:
    """Somebody who walks through one clip."""

    person: int
    figure: Figure
    conduct: Conduct
    walk: Walk


def standard_cameras(infrared: int, visible: int) -> tuple[CameraPlan, ...]:
    """`infrared` night cameras from 23:10 and `visible` day cameras from 12:20, each some minutes after the last."""
    night, day = datetime(2026, 3, 10, 23, 10), datetime(2026, 3, 11, 12, 20)
    plans = [
        CameraPlan(f"night-{i + 1}", True, (night + timedelta(minutes=7 * i)).isoformat(), i) for i in range(infrared)
    ]
    plans += [
        CameraPlan(f"day-{i + 1}", False, (day + timedelta(minutes=11 * i)).isoformat(), 100 + i)
        for i in range(visible)
    ]
    return tuple(plans)


def scene_set(folder: Path, pack: Path, settings: SceneSettings, workers: int = 1) -> Work[dict[str, str]]:
    """Render every camera's clip with its truth into `folder`, or what is missing; returns sha256 by file name."""
    settings.check()
    manifest = mf.begin(folder, "scene", asdict(settings), pack)
    numbers = list(range(len(settings.cameras)))
    todo = [n for n in numbers if not _finished(folder, settings.cameras[n])]
    done = len(numbers) - len(todo)
    yield Progress("rendering", done, len(numbers), "clips")
    for _ in run_tasks(render_clip, todo, pack, workers, (str(folder), settings)):
        done += 1
        yield Progress("rendering", done, len(numbers), "clips")
    files = {}
    for plan in settings.cameras:
        for suffix in (".mp4", ".txt", ".json"):
            name = plan.name + suffix
            files[name] = mf.sha256((folder / name).read_bytes())
    mf.end(folder, manifest, files)
    return files


def _finished(folder: Path, plan: CameraPlan) -> bool:
    return all((folder / (plan.name + suffix)).is_file() for suffix in (".mp4", ".txt", ".json"))


def make_clip_station(studio: Studio, settings: SceneSettings, plan: CameraPlan) -> Station:
    """The camera of one clip; no rain, and a video coder instead of JPEG."""
    rng = np.random.default_rng([settings.seed, 17, plan.world, int(plan.infrared)])
    station = draw_station(rng, studio.pack.texture_names, plan.infrared, settings.width, settings.height)
    gain, rows = station.sensor.gain * settings.noise**2, station.sensor.row_noise * settings.noise
    sensor = replace(station.sensor, quality=0, rain=0.0, gain=gain, row_noise=rows)
    lens = np.diag([plan.zoom, plan.zoom, 1.0, 1.0])
    return replace(station, sensor=sensor, view=replace(station.view, clip=lens @ station.view.clip))


def cast_clip(studio: Studio, settings: SceneSettings, plan: CameraPlan, station: Station) -> list[Role]:
    """Who walks through a clip, and when: the whole cast and some passers-by in random order, some in pairs."""
    rng = np.random.default_rng([settings.seed, 19, plan.world, int(plan.infrared)])
    number = settings.cameras.index(plan)
    people = [(n, 0) for n in range(1, settings.people + 1)]
    first = PASSERS_BY + number * settings.passers_by
    people += [(n, 1) for n in range(first + 1, first + settings.passers_by + 1)]
    order = [people[i] for i in rng.permutation(len(people))]
    starts = _starts(rng, len(order), settings)
    roles: list[Role] = []
    for (person, stream), start in zip(order, starts, strict=True):
        figure = studio.figure(person, 2 * settings.seed + stream)
        conduct = draw_conduct(rng, figure.person, walking=True)
        step = conduct.manner.step
        if roles and rng.random() < 0.2 and start - roles[-1].walk.start < 6:
            walk = beside(roles[-1].walk, rng, roles[-1].walk.stride)
        else:
            walk = draw_walk(rng, station, figure.height, start, step)
        roles.append(Role(person, figure, conduct, walk))
    return roles


def _starts(rng: np.random.Generator, count: int, settings: SceneSettings) -> np.ndarray:
    """Sorted start times that spread `count` walks over the clip."""
    last = max(settings.seconds - 7.0, settings.seconds * 0.5)
    even = (np.arange(count) + 0.5) / count * last
    return np.sort(np.clip(even + rng.uniform(-1, 1, count) * last / count, 0, last)) - 1.0


def frame_times(settings: SceneSettings, plan: CameraPlan) -> list[int]:
    """Presentation times of a clip's frames, in 1/90000 s from its start."""
    rng = np.random.default_rng([settings.seed, 23, plan.world, int(plan.infrared)])
    count = round(settings.seconds * settings.rate)
    ideal = np.arange(count) / settings.rate
    late = rng.uniform(0, plan.jitter, count) if plan.jitter else np.zeros(count)
    late[0] = 0.0
    return [int(t) for t in np.round((ideal + np.minimum(late, 0.8 / settings.rate)) * CLOCK)]


def render_clip(studio: Studio, number: int, folder: str, settings: SceneSettings) -> None:
    """Render camera `number`: NAME.mp4, NAME.txt (MOT) and NAME.json."""
    plan = settings.cameras[number]
    station = make_clip_station(studio, settings, plan)
    roles = cast_clip(studio, settings, plan, station)
    backdrop = stage(studio, station)
    rng = np.random.default_rng([settings.seed, 29, plan.world, int(plan.infrared)])
    grain = FilmGrain(rng, settings.height, settings.width, 1 if plan.infrared else 3)
    level = clip_level(station, backdrop, rng)
    times, truth = frame_times(settings, plan), []
    started = datetime.fromisoformat(plan.start) + timedelta(seconds=plan.clock_offset)
    path = Path(folder) / f"{plan.name}.mp4"
    with clip_writer(path, settings.width, settings.height, Fraction(settings.rate), settings.crf, started) as clip:
        for pts in times:
            picture, found = draw_moment(studio, station, backdrop, roles, pts / CLOCK)
            truth.append(found)
            clip.add(expose(station.sensor, picture.image, rng, level, grain=grain), pts)
    _write_truth(Path(folder), plan, settings, times, truth, roles)


def stage(studio: Studio, station: Station) -> Backdrop:
    """A station's empty place, with shadows over all of the ground people use."""
    middle = (station.near + station.far) / 2
    reach = max((station.far - station.near) / 2, station.spread * 1.6) + 2.0
    centre = np.array([0.0, 0.6, middle])
    return studio.renderer.backdrop(station.view, station.place, station.lighting, centre, reach)


def clip_level(station: Station, backdrop: Backdrop, rng: np.random.Generator) -> float:
    """The exposure of a whole clip."""
    return reference_level(backdrop.image, rng, station.subject_level())


def draw_moment(
    studio: Studio, station: Station, backdrop: Backdrop, roles: list[Role], time: float
) -> tuple[Picture, list[Sighting]]:
    """The picture `time` seconds into the clip, in linear light, and its truth."""
    subjects, people = [], {}
    for role in roles:
        moment = role.walk.at(time)
        if moment is None:
            continue
        conduct = role.conduct
        if not moment.walking:
            conduct = replace(conduct, manner=replace(conduct.manner, step=0.05, arm_swing=2.0))
        number = len(subjects) + 1
        subjects.append(Subject(number, studio.pose(role.figure, conduct, moment.phase, moment.yaw, moment.where)))
        people[number] = role.person
    picture = studio.renderer.draw_before(backdrop, subjects, station.place)
    return picture, sightings(station.view, subjects, picture.seen, people)


def _write_truth(
    folder: Path, plan: CameraPlan, settings: SceneSettings, times: list[int], truth: list[list[Sighting]],
    roles: list[Role],
) -> None:  # fmt: skip
    start = datetime.fromisoformat(plan.start)
    record = {
        "camera": plan.name,
        "modality": "IR" if plan.infrared else "RGB",
        "start": plan.start,
        "clock_offset_seconds": plan.clock_offset,
        "time_base": f"1/{CLOCK}",
        "width": settings.width,
        "height": settings.height,
        "people": {
            str(role.person): {**role.figure.person.words(), "carries": role.conduct.word,
                               "passer_by": role.person > PASSERS_BY}
            for role in roles
        },
        "frames": [
            {
                "pts": pts,
                "time": (start + timedelta(seconds=pts / CLOCK)).isoformat(timespec="milliseconds"),
                "people": [one.as_dict() for one in found],
            }
            for pts, found in zip(times, truth, strict=True)
        ],
    }  # fmt: skip
    mf.write_file(folder / f"{plan.name}.txt", mot_lines(truth).encode())
    mf.write_file(folder / f"{plan.name}.json", (json.dumps(record, separators=(",", ":")) + "\n").encode())
