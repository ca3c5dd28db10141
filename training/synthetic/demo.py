"""The demo case's footage: two night clips in infrared, three day clips in colour, the same dozen people in all."""

from __future__ import annotations

from pathlib import Path

from engine.progress import Work
from training.synthetic import manifest as mf
from training.synthetic.scene import CameraPlan, SceneSettings, scene_set

CAMERAS = (
    CameraPlan("yard-night", True, "2026-03-10T23:10:00", 6, clock_offset=12.0, jitter=0.02, zoom=1.4),
    CameraPlan("passage-night", True, "2026-03-10T23:24:30", 11, clock_offset=-4.5, zoom=1.4),
    CameraPlan("square-day", False, "2026-03-11T12:20:00", 10, zoom=1.4),
    CameraPlan("arcade-day", False, "2026-03-11T12:41:00", 7, clock_offset=63.0, zoom=1.3),
    CameraPlan("gate-day", False, "2026-03-11T13:05:15", 11, jitter=0.015, zoom=1.4),
)
TITLES = {
    "yard-night": "Yard, night", "passage-night": "Passage, night", "square-day": "Square, day",
    "arcade-day": "Arcade, day", "gate-day": "Gate, day",
}  # fmt: skip
SETTINGS = SceneSettings(
    seed=5, people=12, passers_by=4, seconds=40.0, rate=12, width=960, height=540, crf=29, noise=0.4, cameras=CAMERAS
)


def demo_footage(folder: Path, pack: Path, workers: int = 1) -> Work[dict[str, str]]:
    """Render the demo clips with their truth, and `demo.json`, which tells the application what they are."""
    files = yield from scene_set(folder, pack, SETTINGS, workers)
    listing = {
        "title": "Demo case",
        "origin": mf.ORIGIN,
        "people": SETTINGS.people,
        "cameras": [
            {
                "name": TITLES[plan.name],
                "file": f"{plan.name}.mp4",
                "truth": f"{plan.name}.json",
                "mot": f"{plan.name}.txt",
                "modality": "IR" if plan.infrared else "RGB",
                "start": plan.start,
                "clock_offset_seconds": plan.clock_offset,
                "sha256": files[f"{plan.name}.mp4"],
            }
            for plan in CAMERAS
        ],
        "notes": {
            "start": "reference time of the first frame, ISO 8601, local",
            "clock_offset_seconds": "recorder clock minus reference clock; creation_time in the file is the recorder's",
            "truth": "person ids are the same in all clips; ids above 1000 pass one camera only",
        },
    }  # fmt: skip
    mf.write_file(folder / "demo.json", mf.dump(listing))
    return files
