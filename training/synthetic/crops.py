"""Crop sets in SYSU-MM01's layout: cam1..cam6/<id>/<n>.jpg; cameras 3 and 6 are infrared."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from engine.progress import Progress, Work
from training.synthetic import manifest as mf
from training.synthetic.carrying import draw_conduct
from training.synthetic.figure import Figure
from training.synthetic.mesh import Mesh
from training.synthetic.renderer import Picture, Subject
from training.synthetic.sensor import expose, reference_level
from training.synthetic.station import Station, draw_station
from training.synthetic.studio import Studio
from training.synthetic.styles import ALL
from training.synthetic.workers import run_tasks

CAMERAS = (1, 2, 3, 4, 5, 6)
INFRARED = (3, 6)
BYSTANDERS = 24
JPEG_QUALITY = 92
TRIALS = 10  # gallery draws in rand_perm_cam.mat, as in SYSU-MM01
LEAST_VISIBLE = 0.4
ATTEMPTS = 4


@dataclass(frozen=True)
class CropSettings:
    """Parameters of a set; they decide its bytes."""

    ids: int
    per_camera: int
    seed: int = 0
    height: int = 256  # pixels; the width follows the person's box
    worlds: int = 1  # each has six cameras of its own; person i walks through world i mod worlds
    first_id: int = 1
    val_share: float = 0.1
    test_share: float = 0.2
    styles: str = ALL  # which people and cameras: see styles.py

    def check(self) -> None:
        """UsageError where the numbers make no sense."""
        mf.check_count("--ids", self.ids, 2, 9999)
        mf.check_count("--per-camera", self.per_camera, 1, 9999)
        mf.check_count("--height", self.height, 32, 1024)
        mf.check_count("--worlds", self.worlds, 1, self.ids)
        mf.check_count("--first-id", self.first_id, 1, 10000 - self.ids)


def crop_set(folder: Path, pack: Path, settings: CropSettings, workers: int = 1) -> Work[dict[str, str]]:
    """Render a set into `folder`, or what is missing of it; returns sha256 by file name."""
    settings.check()
    manifest = mf.begin(folder, "crops", asdict(settings), pack)
    lists = _write_lists(folder, settings)  # first, so that an unfinished set can be looked at and used
    numbers = range(settings.first_id, settings.first_id + settings.ids)
    todo = [number for number in numbers if not _finished(folder, number)]
    done = settings.ids - len(todo)
    yield Progress("rendering", done, settings.ids, "people")
    for _ in run_tasks(_render_person, todo, pack, workers, (str(folder), settings)):
        done += 1
        yield Progress("rendering", done, settings.ids, "people")
    files = {}
    for number in numbers:
        files.update(json.loads(_record_path(folder, number).read_text(encoding="utf-8"))["files"])
    files |= lists
    mf.end(folder, manifest, files, modality={str(c): "IR" if c in INFRARED else "RGB" for c in CAMERAS})
    return files


def _record_path(folder: Path, number: int) -> Path:
    return folder / "truth" / f"{number:04d}.json"


def _finished(folder: Path, number: int) -> bool:
    """A person is finished when the record, written last, is there and so is every file it names."""
    try:
        record = json.loads(_record_path(folder, number).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all((folder / name).is_file() for name in record["files"])


def _render_person(studio: Studio, number: int, folder: str, settings: CropSettings) -> None:
    root = Path(folder)
    figure = studio.figure(number, 2 * settings.seed, settings.styles)
    files, crops = {}, []
    world = number % settings.worlds
    for camera in CAMERAS:
        station = make_station(studio, settings.seed, world, camera, settings.styles)
        for n in range(1, settings.per_camera + 1):
            rng = np.random.default_rng([settings.seed, 7, number, camera, n])
            image, facts = draw_crop(
                studio, figure, station, rng, settings.height, 2 * settings.seed + 1, settings.styles
            )
            name = f"cam{camera}/{number:04d}/{n:04d}.jpg"
            data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
            mf.write_file(root / name, data)
            files[name] = mf.sha256(data)
            crops.append({"file": name, "camera": camera, **facts})
    record = {"id": number, "world": world, "words": figure.person.words(), "files": files, "crops": crops}
    mf.write_file(_record_path(root, number), mf.dump(record))


def make_station(studio: Studio, seed: int, world: int, camera: int, style: str = ALL) -> Station:
    """Camera `camera` of a world; the same for everybody who walks there."""
    rng = np.random.default_rng([seed, 11, world, camera])
    lines = int(rng.choice([576, 720, 1080], p=[0.25, 0.35, 0.4]))
    return draw_station(rng, studio.pack.texture_names, camera in INFRARED, lines * 16 // 9, lines, style)


def draw_crop(
    studio: Studio, figure: Figure, station: Station, rng: np.random.Generator, height: int, stream: int,
    style: str = ALL,
) -> tuple[np.ndarray, dict]:  # fmt: skip
    """One picture of a person: BGR uint8 (height, W, 3) and its truth."""
    for attempt in range(ATTEMPTS):
        picture, facts, window = _attempt(studio, figure, station, rng, height, (stream, style))
        if picture.seen[1].visible_share >= LEAST_VISIBLE or attempt == ATTEMPTS - 1:
            break
    subject = picture.person[::2, ::2] == 1
    luma = picture.image.mean(axis=2)[subject]
    level = reference_level(picture.image, rng, float(np.percentile(luma, 75)) if luma.size else 0.0)
    sensor = replace(station.sensor, exposure=station.sensor.exposure * rng.uniform(0.8, 1.25))
    blur = rng.normal(0, 1.2, 2) * facts.pop("speed") * height / 256
    native = min(1.0, window / height)
    image = expose(sensor, picture.image, rng, level, native, (float(blur[0]), float(blur[1] * 0.3)))
    return image, facts


def _attempt(
    studio: Studio, figure: Figure, station: Station, rng: np.random.Generator, height: int, crowd: tuple[int, str]
) -> tuple[Picture, dict, float]:
    depth = rng.uniform(station.near, station.far)
    where = (rng.uniform(-1, 1) * station.spread * depth / station.far, depth)
    yaw, phase = rng.uniform(0, 2 * np.pi), rng.random()
    conduct = draw_conduct(rng, figure.person, station.sensor.rain > 0)
    meshes = studio.pose(figure, conduct, phase, yaw, where)
    others = _others(studio, station, rng, where, crowd)
    left, top, right, bottom = _box(station, meshes, rng)
    width = int(np.clip(round(height * (right - left) / (bottom - top)), height // 5, height))
    view = station.view.window(left, top, right, bottom, width, height)
    light = station.lighting_now(rng)
    centre = np.array([where[0], 0.9, where[1]])
    picture = studio.renderer.draw(view, [Subject(1, meshes), *others], station.place, light, centre=centre)
    facing_camera = np.degrees(yaw - np.arctan2(-where[0], -where[1])) % 360
    facts = {
        "view_degrees": round(float(facing_camera), 1),  # 0: seen from the front, 90: from the person's right
        "phase": round(float(phase), 3),
        "carries": conduct.word,
        "distance": round(float(np.hypot(where[0], where[1])), 2),
        "pixels_high": round(float(bottom - top), 1),
        "visible_share": round(picture.seen[1].visible_share, 3),
        "others": len(others),
        "speed": conduct.manner.step,
    }
    return picture, facts, bottom - top


def _others(
    studio: Studio, station: Station, rng: np.random.Generator, where: tuple[float, float], crowd: tuple[int, str]
) -> list[Subject]:
    """Somebody beside or before the person, and people in the distance. crowd: their population and style."""
    others: list[Subject] = []
    places = []
    if rng.random() < 0.2:
        side = rng.choice([-1, 1]) * rng.uniform(0.35, 0.9)
        places.append((where[0] + side, where[1] + rng.uniform(-1.0, 1.2)))
    if rng.random() < 0.3:
        places += [
            (where[0] * 1.4 + rng.uniform(-2.0, 2.0), where[1] + rng.uniform(2.5, 7.0))
            for _ in range(int(rng.integers(1, 3)))
        ]
    for x, z in places:
        figure = studio.figure(int(rng.integers(BYSTANDERS)), *crowd)
        conduct = draw_conduct(rng, figure.person)
        meshes = studio.pose(figure, conduct, rng.random(), rng.uniform(0, 2 * np.pi), (float(x), float(max(z, 2.5))))
        others.append(Subject(2 + len(others), meshes))
    return others


def _box(station: Station, meshes: list[Mesh], rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A detector's box: a little loose, a little off, one time in twelve cut short."""
    pixels = station.view.pixels(meshes[0].position[::3])
    (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
    height = bottom - top
    width = max(right - left, 0.3 * height)
    centre = (left + right) / 2 + rng.normal(0, 0.03) * width
    width *= rng.uniform(1.0, 1.22)
    top -= rng.uniform(-0.01, 0.06) * height
    bottom += rng.uniform(-0.02, 0.05) * height
    if rng.random() < 1 / 12:
        cut = rng.uniform(0.08, 0.22) * height
        top, bottom = (top + cut * 0.4, bottom) if rng.random() < 0.3 else (top, bottom - cut)
    return centre - width / 2, top, centre + width / 2, bottom


def split_ids(settings: CropSettings) -> dict[str, list[int]]:
    """Identities of the train, val and test lists."""
    numbers = list(range(settings.first_id, settings.first_id + settings.ids))
    test = round(settings.ids * settings.test_share)
    val = round(settings.ids * settings.val_share)
    train = settings.ids - test - val
    return {
        "train": numbers[:train], "val": numbers[train : train + val], "test": numbers[train + val :],
        "available": numbers,
    }  # fmt: skip


def _write_lists(folder: Path, settings: CropSettings) -> dict[str, str]:
    """exp/*_id.txt and exp/rand_perm_cam.mat: permutations (trials, images), 1-based, by camera and identity."""
    from scipy.io import savemat

    files = {}
    for name, numbers in split_ids(settings).items():
        files[f"exp/{name}_id.txt"] = ",".join(str(n) for n in numbers).encode() + b"\n"
    rng = np.random.default_rng([settings.seed, 13])
    last = settings.first_id + settings.ids - 1
    cells = np.empty((len(CAMERAS), 1), object)
    for row in range(len(CAMERAS)):
        people = np.empty((last, 1), object)
        for person in range(last):
            absent = person + 1 < settings.first_id
            draws = [] if absent else [rng.permutation(settings.per_camera) + 1 for _ in range(TRIALS)]
            people[person, 0] = np.array(draws, np.uint16)
        cells[row, 0] = people
    buffer = io.BytesIO()
    savemat(buffer, {"rand_perm_cam": cells})
    header = b"MATLAB 5.0 MAT-file".ljust(116)  # without the time of day that scipy writes
    files["exp/rand_perm_cam.mat"] = header + buffer.getvalue()[116:]
    for name, data in files.items():
        mf.write_file(folder / name, data)
    return {name: mf.sha256(data) for name, data in files.items()}
