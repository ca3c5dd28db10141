"""Cameras: every evidence item belongs to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from engine.errors import UsageError
from engine.store.database import Database, Transaction
from engine.store.records import Camera, Position


class CameraStore:
    """The cameras of one case."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def list(self) -> Sequence[Camera]:
        """By name."""
        return [Camera(**dict(row)) for row in self._db.rows("SELECT * FROM cameras ORDER BY name")]

    def get(self, camera_id: int) -> Camera:
        """`UsageError` where there is no such camera."""
        row = self._db.row("SELECT * FROM cameras WHERE id = ?", (camera_id,))
        if row is None:
            raise UsageError(f"There is no camera {camera_id} in this case.")
        return Camera(**dict(row))

    def id_of(self, tx: Transaction, name: str) -> int:
        """The id of the camera called `name`, which is added where it is new."""
        if not name.strip():
            raise UsageError("A camera needs a name.")
        tx.execute("INSERT INTO cameras (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name.strip(),))
        return int(tx.execute("SELECT id FROM cameras WHERE name = ?", (name.strip(),)).fetchone()[0])

    def update(
        self,
        camera_id: int,
        *,
        name: str,
        x: float | None = None,
        y: float | None = None,
        latitude: float | None = None,
        longitude: float | None = None,
        notes: str = "",
    ) -> Camera:
        """Rename, place or describe a camera; every value is set."""
        self.get(camera_id)
        taken = self._db.value("SELECT 1 FROM cameras WHERE name = ? AND id <> ?", (name, camera_id))
        if taken or not name.strip():
            raise UsageError(f"Another camera is already called {name}." if taken else "A camera needs a name.")
        values = {"name": name, "x": x, "y": y, "latitude": latitude, "longitude": longitude, "notes": notes}
        with self._db.transaction("camera.update", f"camera:{camera_id}", **values) as tx:
            tx.execute(
                "UPDATE cameras SET name = :name, x = :x, y = :y, latitude = :latitude, longitude = :longitude, "
                "notes = :notes WHERE id = :id",
                {**values, "id": camera_id},
            )
        return self.get(camera_id)

    def place(self, positions: Mapping[int, Position]) -> None:
        """Say where cameras stand, by id; all or none. An empty `Position` takes a camera off the map."""
        for camera_id in positions:
            self.get(camera_id)
        details = {str(camera_id): asdict(position) for camera_id, position in positions.items()}
        with self._db.transaction("camera.place", positions=details) as tx:
            for camera_id, position in positions.items():
                tx.execute(
                    "UPDATE cameras SET x = :x, y = :y, latitude = :latitude, longitude = :longitude WHERE id = :id",
                    {**asdict(position), "id": camera_id},
                )
