"""Rendering people: crops per minute, scene frames per second and memory of a worker.

    python -m benchmarks.bench_synthetic --makehuman ../shared/makehuman [--ids 12] [--frames 24]

Wall-clock figures say what this machine gave while others used it; CPU figures say what the work costs. To hold:
20,000 crops within 15 minutes on two cores (90 ms of CPU each), 1280×720 scenes at 4 frames/s per core, 1 GB a worker.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.common import Table, peak_memory, save
from engine.progress import finish
from training.synthetic.assets import load_pack
from training.synthetic.crops import CropSettings, _render_person, crop_set
from training.synthetic.person import draw_person
from training.synthetic.scene import (
    SceneSettings,
    cast_clip,
    clip_level,
    draw_moment,
    make_clip_station,
    stage,
    standard_cameras,
)
from training.synthetic.sensor import FilmGrain, expose
from training.synthetic.studio import Studio

CROPS, MINUTES, CORES, FRAME_RATE, MEMORY = 20_000, 15, 2, 4.0, 1 << 30
SCENE = SceneSettings(seed=3, people=8, passers_by=4, seconds=20, cameras=standard_cameras(1, 1))


def crop_cost(studio: Studio, ids: int) -> tuple[float, float]:
    """CPU and wall seconds per finished 256-pixel crop, building the people included."""
    settings = CropSettings(ids=max(ids, 2), per_camera=20, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        _render_person(studio, 1, folder, replace(settings, per_camera=1))  # kernels compiled, cameras furnished
        cpu, wall = time.process_time(), time.perf_counter()
        for number in range(2, ids + 2):
            _render_person(studio, number, folder, settings)
        count = ids * 6 * settings.per_camera
        return (time.process_time() - cpu) / count, (time.perf_counter() - wall) / count


def set_rate(pack: Path, ids: int, workers: int) -> float:
    """Crops per minute of a whole set, starting the workers included."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        finish(crop_set(Path(folder) / "set", pack, CropSettings(ids=ids, per_camera=20, seed=1), workers))
        return ids * 120 / (time.perf_counter() - start) * 60


def frame_cost(studio: Studio, camera: int, frames: int) -> tuple[float, float]:
    """CPU seconds per 1280×720 frame, sensor included, encoding not; and people in view on average."""
    plan = SCENE.cameras[camera]
    station = make_clip_station(studio, SCENE, plan)
    roles, backdrop = cast_clip(studio, SCENE, plan, station), stage(studio, station)
    rng = np.random.default_rng(0)
    level, grain = (
        clip_level(station, backdrop, rng),
        FilmGrain(rng, SCENE.height, SCENE.width, 1 if camera == 0 else 3),
    )
    draw_moment(studio, station, backdrop, roles, 5.0)
    people, start = 0, time.process_time()
    for k in range(frames):
        picture, found = draw_moment(studio, station, backdrop, roles, 3 + 14 * k / frames)
        expose(station.sensor, picture.image, rng, level, grain=grain)
        people += len(found)
    return (time.process_time() - start) / frames, people / frames


def shared_descriptions(pack: Path, people: int) -> int:
    """How many of `people` people share all their attributes with another."""
    assets = load_pack(pack)
    words = [tuple(draw_person(assets, number).words().items()) for number in range(1, people + 1)]
    return len(words) - len(set(words))


def crop_worker(pack: str) -> None:
    """What a worker of a crop set does, for its memory."""
    studio = Studio(load_pack(Path(pack)))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, 31):
            _render_person(studio, number, folder, CropSettings(ids=30, per_camera=2, seed=1))


def scene_worker(pack: str) -> None:
    """What a worker of a scene does, for its memory."""
    studio = Studio(load_pack(Path(pack)))
    frame_cost(studio, 0, 4)
    frame_cost(studio, 1, 4)


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--makehuman", type=Path, default=Path("../shared/makehuman"))
    parser.add_argument("--ids", type=int, default=4, help="people rendered, 120 crops each (default 4)")
    parser.add_argument("--frames", type=int, default=24, help="scene frames rendered per camera (default 24)")
    arguments = parser.parse_args()
    studio = Studio(load_pack(arguments.makehuman))
    table = Table("Rendered people and scenes", "what", "measured", "to hold", "unit")
    cpu, wall = crop_cost(studio, arguments.ids)
    table.add("one 256-pixel crop, CPU", cpu * 1000, f"≤ {MINUTES * 60 * CORES / CROPS * 1000:.0f}", "ms")
    table.add("one 256-pixel crop, wall, one process", wall * 1000, "", "ms")
    table.add(f"{CROPS} crops on two idle cores, from CPU", cpu * CROPS / CORES / 60, f"≤ {MINUTES}", "minutes")
    rate = set_rate(arguments.makehuman, arguments.ids, CORES)
    table.add("a set with two workers, start included", rate, f"≥ {CROPS / MINUTES:.0f}", "crops/minute")
    for camera, name in enumerate(("infrared", "colour")):
        seconds, people = frame_cost(studio, camera, arguments.frames)
        table.add(
            f"1280×720 {name} frame, {people:.1f} people", 1 / seconds, f"≥ {FRAME_RATE:.0f}", "frames/s per core"
        )
    for name, worker in (("crop", crop_worker), ("scene", scene_worker)):
        peak = peak_memory(worker, str(arguments.makehuman))
        table.add(f"peak memory of a {name} worker", peak / 2**20, f"< {MEMORY >> 20}", "MiB")
    table.add("of 1,000 people, with all attributes of another", shared_descriptions(arguments.makehuman, 1000), "", "")
    table.print()
    save("bench_synthetic", table)


if __name__ == "__main__":
    main()
