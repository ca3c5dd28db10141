"""Single frames of ever new cameras and crowds, for training and testing a detector: images and COCO truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from engine.progress import Progress, Work
from training.synthetic import manifest as mf
from training.synthetic.carrying import draw_conduct
from training.synthetic.light import Lamp
from training.synthetic.renderer import Subject
from training.synthetic.sensor import expose, reference_level
from training.synthetic.station import Station, draw_station
from training.synthetic.studio import Studio
from training.synthetic.styles import ALL
from training.synthetic.truth import Sighting, coco, sightings
from training.synthetic.variety import WideStation, wide_station
from training.synthetic.workers import run_tasks

BATCH = 10  # frames per task; people stay built within one
POPULATION = 4000
CAST = 16  # people who share the frames of a wide set's task
JPEG_QUALITY = 90
PLAIN, WIDE = VARIETIES = ("plain", "wide")


@dataclass(frozen=True)
class FrameSettings:
    """Parameters of a set; they decide its bytes."""

    frames: int
    seed: int = 0
    width: int = 640
    height: int = 360
    infrared_share: float = 0.5
    most_people: int = 9
    pictures_per_camera: int = 2
    empty_share: float = 0.06  # frames with nobody
    styles: str = ALL  # which people and cameras: see styles.py
    variety: str = PLAIN  # 'wide': see variety.py

    def check(self) -> None:
        """UsageError where the numbers make no sense."""
        mf.check_count("--frames", self.frames, 1, 1_000_000)
        mf.check_count("--width", self.width, 160, 3840)
        mf.check_count("--height", self.height, 120, 2160)
        mf.check_count("--most-people", self.most_people, 1, 40)


def frame_set(folder: Path, pack: Path, settings: FrameSettings, workers: int = 1) -> Work[dict[str, str]]:
    """Render images/NNNNNN.jpg and annotations.json into `folder`, or what is missing; sha256 by file name."""
    settings.check()
    manifest = mf.begin(folder, "frames", asdict(settings), pack)
    batches = list(range(-(-settings.frames // BATCH)))
    todo = [b for b in batches if not (folder / "truth" / f"{b:05d}.json").is_file()]
    done = len(batches) - len(todo)
    yield Progress("rendering", done * BATCH, settings.frames, "frames")
    for _ in run_tasks(_render_batch, todo, pack, workers, (str(folder), settings)):
        done += 1
        yield Progress("rendering", min(done * BATCH, settings.frames), settings.frames, "frames")
    files, images = {}, []
    for batch in batches:
        record = json.loads((folder / "truth" / f"{batch:05d}.json").read_text(encoding="utf-8"))
        files |= record["files"]
        images += [_from_record(image) for image in record["images"]]
    facts = {"description": mf.ORIGIN, "version": str(mf.VERSION)}
    data = (json.dumps(coco(images, facts), separators=(",", ":")) + "\n").encode()
    mf.write_file(folder / "annotations.json", data)
    files["annotations.json"] = mf.sha256(data)
    mf.end(folder, manifest, files)
    return files


def _from_record(image: dict) -> tuple[str, int, int, list[Sighting]]:
    found = [
        Sighting(one["id"], _corners(one["full"]), _corners(one["visible"]), one["visible_share"])
        for one in image["people"]
    ]
    return image["file"], image["width"], image["height"], found


def _corners(box: list[int]) -> tuple[int, int, int, int]:
    return box[0], box[1], box[0] + box[2], box[1] + box[3]


def _render_batch(studio: Studio, batch: int, folder: str, settings: FrameSettings) -> None:
    files, images = {}, []
    for number in range(batch * BATCH, min((batch + 1) * BATCH, settings.frames)):
        per_camera = 1 if settings.variety == WIDE else settings.pictures_per_camera
        station = frame_station(studio, settings, number // per_camera)
        picture, found = draw_frame(studio, settings, station, number)
        name = f"images/{number:06d}.jpg"
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        mf.write_file(Path(folder) / name, data)
        files[name] = mf.sha256(data)
        people = [one.as_dict() for one in found]
        images.append({
            "file": name, "width": settings.width, "height": settings.height,
            "modality": "IR" if station.infrared else "RGB", "people": people,
        })  # fmt: skip
    mf.write_file(Path(folder) / "truth" / f"{batch:05d}.json", mf.dump({"files": files, "images": images}))


def frame_station(studio: Studio, settings: FrameSettings, number: int) -> Station:
    """Camera `number` of the set; people may come nearer and go further than for crops."""
    rng = np.random.default_rng([settings.seed, 31, number])
    infrared = bool(rng.random() < settings.infrared_share)
    camera = (studio.pack.texture_names, infrared, settings.width, settings.height, settings.styles)
    if settings.variety == WIDE:
        return wide_station(rng, *camera)
    station = draw_station(rng, *camera)
    return replace(station, near=station.near * 0.8, far=station.far * rng.uniform(1.0, 2.2))


def draw_frame(
    studio: Studio, settings: FrameSettings, station: Station, number: int
) -> tuple[np.ndarray, list[Sighting]]:
    """One frame: BGR uint8 (H, W, 3) and its truth."""
    rng = np.random.default_rng([settings.seed, 37, number])
    count = _head_count(rng, settings)
    pool = _cast(rng, settings, number)
    subjects, people = [], {}
    spots = _spots(rng, station, count)
    for i, where in enumerate(spots, start=1):
        person = int(pool[i % len(pool)]) if i > len(pool) else int(pool[i - 1])
        figure = studio.figure(person, 2 * settings.seed, settings.styles)
        conduct = draw_conduct(rng, figure.person, station.sensor.rain > 0)
        meshes = studio.pose(figure, conduct, rng.random(), rng.uniform(0, 2 * np.pi), where)
        subjects.append(Subject(i, meshes))
        people[i] = person
    lighting = station.lighting_now(rng)
    middle = np.array([0.0, 0.6, (station.near + station.far) / 2])
    reach = (station.far - station.near) / 2 + 3.0
    picture = studio.renderer.draw(
        station.view, subjects, station.place, lighting, centre=middle, reach=reach, shadow_size=768
    )
    level = reference_level(picture.image, rng, station.subject_level() * rng.uniform(0.7, 1.3))
    infrared = isinstance(lighting, Lamp)
    native = 1.0 if rng.random() < 0.6 else rng.uniform(0.5, 1.0)
    sensor = replace(station.sensor, exposure=station.sensor.exposure * rng.uniform(0.75, 1.3), infrared=infrared)
    return expose(sensor, picture.image, rng, level, native), sightings(station.view, subjects, picture.seen, people)


def _head_count(rng: np.random.Generator, settings: FrameSettings) -> int:
    """People in a frame; in a wide set from one or two to a crowd, all orders of magnitude alike."""
    if rng.random() < settings.empty_share:
        return 0
    if settings.variety == WIDE:
        return round(float(np.exp(rng.uniform(0, np.log(settings.most_people + 0.49)))))
    return int(rng.integers(1, settings.most_people + 1))


def _cast(rng: np.random.Generator, settings: FrameSettings, number: int) -> np.ndarray:
    """Who may appear: few to build per frame; the same person may stand twice in a crowd."""
    if settings.variety == WIDE:
        cast = np.random.default_rng([settings.seed, 43, number // BATCH]).integers(1, POPULATION, CAST)
        return rng.permutation(cast)
    return rng.integers(1, POPULATION, 4)


def _spots(rng: np.random.Generator, station: Station, count: int) -> list[tuple[float, float]]:
    """Places on the ground in view, some of them close together, none inside another person."""
    spots: list[tuple[float, float]] = []
    for _ in range(count * 6):
        if len(spots) == count:
            break
        if spots and rng.random() < 0.3:
            x, z = spots[-1][0] + rng.normal(0, 0.6), spots[-1][1] + rng.normal(0, 0.7)
        else:
            z = station.near + (station.far - station.near) * rng.random() ** 1.2
            x = rng.uniform(-1.02, 1.02) * station.half_width(z)
        if isinstance(station, WideStation) and not station.free(x, z):
            continue
        if z > 1.8 and all((x - a) ** 2 + (z - b) ** 2 > 0.3 for a, b in spots):
            spots.append((float(x), float(z)))
    return spots
