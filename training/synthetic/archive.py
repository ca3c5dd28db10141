"""A day-long archive of still images: one camera, colour by day and infrared by night, a picture whenever something
moves and one every ten minutes, as many recorders keep them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from engine.progress import Progress, Work
from training.synthetic import manifest as mf
from training.synthetic.carrying import draw_conduct
from training.synthetic.light import Daylight
from training.synthetic.scene import PASSERS_BY, Role, clip_level, draw_moment, stage
from training.synthetic.sensor import expose
from training.synthetic.station import Station, draw_station
from training.synthetic.studio import Studio
from training.synthetic.walk import draw_walk
from training.synthetic.workers import run_tasks

SUNRISE, SUNSET, NOON_HEIGHT = 6.5, 18.5, 50.0  # hours, hours, degrees
SWITCH = 4.0  # degrees of sun below which the camera turns to infrared
KEEP_ALIVE = 600  # seconds between pictures of an empty place
JPEG_QUALITY = 85


@dataclass(frozen=True)
class ArchiveSettings:
    """Parameters of an archive; they decide its bytes."""

    seed: int = 0
    date: str = "2026-03-11"
    first_hour: int = 0
    hours: int = 24
    people: int = 12  # the cast, who come back
    visits: int = 8  # passes an hour, about; one in three by somebody seen once
    every: float = 1.0  # seconds between pictures while something moves
    width: int = 1280
    height: int = 720

    def check(self) -> None:
        """UsageError where the numbers make no sense."""
        mf.check_count("--hours", self.hours, 1, 24)
        mf.check_count("--first-hour", self.first_hour, 0, 23)
        mf.check_count("--people", self.people, 1, PASSERS_BY)
        mf.check_count("--visits", self.visits, 0, 300)
        mf.check_count("--width", self.width, 160, 3840)
        mf.check_count("--height", self.height, 120, 2160)


def archive_set(folder: Path, pack: Path, settings: ArchiveSettings, workers: int = 1) -> Work[dict[str, str]]:
    """Render HH/HH-MM-SS-mmm.jpg and truth/HH.json into `folder`, or what is missing; sha256 by file name."""
    settings.check()
    manifest = mf.begin(folder, "archive", asdict(settings), pack)
    hours = list(range(settings.first_hour, min(settings.first_hour + settings.hours, 24)))
    todo = [hour for hour in hours if not _record(folder, hour).is_file()]
    done = len(hours) - len(todo)
    yield Progress("rendering", done, len(hours), "hours")
    for _ in run_tasks(_render_hour, todo, pack, workers, (str(folder), settings)):
        done += 1
        yield Progress("rendering", done, len(hours), "hours")
    files: dict[str, str] = {}
    for hour in hours:
        files |= json.loads(_record(folder, hour).read_text(encoding="utf-8"))["files"]
    mf.end(folder, manifest, files)
    return files


def _record(folder: Path, hour: int) -> Path:
    return folder / "truth" / f"{hour:02d}.json"


def sun_height(hour: float) -> float:
    """Degrees above the horizon, negative at night."""
    return NOON_HEIGHT * float(np.sin(np.pi * (hour - SUNRISE) / (SUNSET - SUNRISE)))


def daylight_at(day: Daylight, hour: float) -> Daylight:
    """The day's light at an hour: low and warm in the morning and evening."""
    height = np.radians(max(sun_height(hour), 3.0))
    turn = np.pi * (hour - SUNRISE) / (SUNSET - SUNRISE)
    sun = np.array([np.cos(height) * np.cos(turn), np.sin(height), -np.cos(height) * np.sin(turn)])
    strength = float(np.clip(np.sin(height) / np.sin(np.radians(NOON_HEIGHT)), 0.12, 1.0))
    warm = np.array([1.0, 0.75 + 0.25 * strength, 0.5 + 0.5 * strength])
    return Daylight(
        sun, day.sun_colour * warm * strength, day.sky * (0.35 + 0.65 * strength), day.ground * strength,
        day.horizon * (0.3 + 0.7 * strength),
    )  # fmt: skip


def station_at(studio: Studio, settings: ArchiveSettings, hour: float) -> Station:
    """The camera as it is at an hour: the same post and place, by day in colour, by night in infrared."""
    infrared = sun_height(hour) < SWITCH
    rng = np.random.default_rng([settings.seed, 43])
    station = draw_station(rng, studio.pack.texture_names, infrared, settings.width, settings.height)
    station = replace(station, sensor=replace(station.sensor, rain=0.0))
    if isinstance(station.lighting, Daylight):
        station = replace(station, lighting=daylight_at(station.lighting, hour))
    return station


def _visits(studio: Studio, settings: ArchiveSettings, hour: int, station: Station) -> list[Role]:
    """Who passes within an hour; times in seconds from its start."""
    rng = np.random.default_rng([settings.seed, 47, hour])
    busy = 0.15 if sun_height(hour + 0.5) < -20 else 1.0  # few are about at dead of night
    roles = []
    for _ in range(int(rng.poisson(settings.visits * busy))):
        stranger = rng.random() < 1 / 3
        person = PASSERS_BY + int(rng.integers(1, 500)) if stranger else int(rng.integers(1, settings.people + 1))
        figure = studio.figure(person, 2 * settings.seed + int(stranger))
        conduct = draw_conduct(rng, figure.person, walking=True)
        walk = draw_walk(rng, station, figure.height, rng.uniform(0, 3580), conduct.manner.step)
        roles.append(Role(person, figure, conduct, walk))
    return roles


def _times(settings: ArchiveSettings, roles: list[Role]) -> list[float]:
    """Seconds of the hour at which a picture is kept."""
    moving: set[float] = set()
    for role in roles:
        first = np.ceil(role.walk.start / settings.every) * settings.every
        moving |= {float(t) for t in np.arange(first, min(role.walk.end, 3600), settings.every)}
    return sorted(moving | {float(t) for t in range(0, 3600, KEEP_ALIVE)})


def _render_hour(studio: Studio, hour: int, folder: str, settings: ArchiveSettings) -> None:
    midnight = datetime.fromisoformat(settings.date)
    roles = _visits(studio, settings, hour, station_at(studio, settings, hour + 0.5))
    files, pictures, lit = {}, [], None
    for time in _times(settings, roles):
        slot = hour + time // KEEP_ALIVE * KEEP_ALIVE / 3600  # the light moves every ten minutes
        if lit != slot:
            lit, station = slot, station_at(studio, settings, slot)
            backdrop = stage(studio, station)
            level = clip_level(station, backdrop, np.random.default_rng([settings.seed, 53, hour]))
        picture, found = draw_moment(studio, station, backdrop, roles, time)
        rng = np.random.default_rng([settings.seed, 59, hour, int(time * 1000)])
        image = expose(station.sensor, picture.image, rng, level)
        taken = midnight + timedelta(hours=hour, seconds=time)
        name = f"{hour:02d}/{taken:%H-%M-%S}-{taken.microsecond // 1000:03d}.jpg"
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        mf.write_file(Path(folder) / name, data)
        files[name] = mf.sha256(data)
        pictures.append({
            "file": name, "time": taken.isoformat(timespec="milliseconds"),
            "modality": "IR" if station.infrared else "RGB", "people": [one.as_dict() for one in found],
        })  # fmt: skip
    mf.write_file(_record(Path(folder), hour), mf.dump({"hour": hour, "files": files, "pictures": pictures}))
