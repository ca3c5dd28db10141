"""Embeddings of crops: `(D,)` unit vectors kept as float16, each with the model that computed it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.errors import UsageError
from engine.store.codec import checked_picture, vector_to_bytes, vectors_from_bytes
from engine.store.database import Database, Transaction

UNIT_TOLERANCE = 5e-3  # of the length, after rounding to float16
_PAGE = 1000


class EmbeddingStore:
    """The embeddings of one case, for any number of models."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def models(self) -> list[tuple[str, str, int]]:
        """`(sha256, name, embeddings)` of each student model seen in this case."""
        rows = self._db.rows(
            "SELECT m.sha256, m.name, (SELECT count(*) FROM embeddings AS e WHERE e.model_id = m.id) AS n "
            "FROM models AS m ORDER BY m.id"
        )
        return [(row["sha256"], row["name"], row["n"]) for row in rows]

    def dimension(self, model_sha256: str) -> int:
        """D of the model's embeddings; `UsageError` where the case knows nothing of this model."""
        found = self._db.value("SELECT dimension FROM models WHERE sha256 = ?", (model_sha256,))
        if found is None:
            raise UsageError(
                "Nothing in this case was embedded with the chosen model.", "Ingest footage, or re-embed the archive."
            )
        return int(found)

    def add(
        self, model_sha256: str, model_name: str, vectors: Sequence[tuple[int, np.ndarray]], provider: str = ""
    ) -> None:
        """`(crop id, (D,) unit vector)` pairs computed by another model than at ingest; known ones stay.

        `provider` is what computed them: the log names it beside the crops, as an ingest's run does.
        """
        if not vectors:
            return
        crops = [crop_id for crop_id, _ in vectors]
        span = {"crops": len(crops), "first_crop": min(crops), "last_crop": max(crops), "provider": provider}
        with self._db.transaction("embeddings.add", f"model:{model_sha256}", **span) as tx:
            model = model_id(tx, model_sha256, model_name, len(vectors[0][1]))
            for crop_id, vector in vectors:
                write_embedding(tx, crop_id, model, vector)
            tx.bump("vectors")
            tx.bump("vectors_removed")  # rows of the cached matrix change, not only its end

    def missing(self, model_sha256: str) -> Iterator[tuple[int, bytes]]:
        """`(crop id, JPEG)` of every current crop that this model has not embedded, in order of id."""
        last = 0
        while rows := self._db.rows(
            "SELECT i.crop_id, i.jpeg, c.jpeg_sha256 FROM crops AS c JOIN crop_images AS i ON i.crop_id = c.id "
            "JOIN tracklets AS t ON t.id = c.tracklet_id JOIN evidence AS e ON e.current_run_id = t.run_id "
            "WHERE c.id > ?1 AND NOT EXISTS (SELECT 1 FROM embeddings AS v JOIN models AS m ON m.id = v.model_id "
            "WHERE v.crop_id = c.id AND m.sha256 = ?2) ORDER BY c.id LIMIT ?3",
            (last, model_sha256, _PAGE),
        ):
            for row in rows:
                jpeg = checked_picture(row["jpeg"], row["jpeg_sha256"], f"crop {row['crop_id']}")
                yield row["crop_id"], jpeg
            last = rows[-1]["crop_id"]

    def count_missing(self, model_sha256: str) -> int:
        """How many crops `missing` would give."""
        return int(
            self._db.value(
                "SELECT count(*) FROM crops AS c JOIN tracklets AS t ON t.id = c.tracklet_id "
                "JOIN evidence AS e ON e.current_run_id = t.run_id WHERE NOT EXISTS (SELECT 1 FROM embeddings AS v "
                "JOIN models AS m ON m.id = v.model_id WHERE v.crop_id = c.id AND m.sha256 = ?)",
                (model_sha256,),
            )
        )

    def of_crops(self, model_sha256: str, crop_ids: Sequence[int]) -> np.ndarray:
        """`(N, D) float32` in the order asked; `UsageError` naming the first crop that is not embedded."""
        dimension = self.dimension(model_sha256)
        found: dict[int, bytes] = {}
        for crop_id in crop_ids:
            row = self._db.row(
                "SELECT vector FROM embeddings WHERE crop_id = ? AND model_id = "
                "(SELECT id FROM models WHERE sha256 = ?)",
                (crop_id, model_sha256),
            )
            if row is None:
                raise UsageError(
                    f"Crop {crop_id} has no embedding of the chosen model.", "Re-embed the archive with it first."
                )
            found[crop_id] = row["vector"]
        return vectors_from_bytes([found[crop_id] for crop_id in crop_ids], dimension).astype(np.float32)


def model_id(tx: Transaction, sha256: str, name: str, dimension: int) -> int:
    """The id of a student model, which is added where it is new. ValueError where its dimension has changed."""
    tx.execute(
        "INSERT INTO models (sha256, name, dimension) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        (sha256, name, dimension),
    )
    row = tx.execute("SELECT id, dimension FROM models WHERE sha256 = ?", (sha256,)).fetchone()
    if row["dimension"] != dimension:
        raise ValueError(f"model {name} gave {row['dimension']} numbers before and {dimension} now")
    return int(row["id"])


def write_embedding(tx: Transaction, crop_id: int, model: int, vector: np.ndarray) -> None:
    """Keep one unit vector; ValueError where it is none, because everything downstream relies on it."""
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if vector.ndim != 1 or not abs(length - 1.0) < UNIT_TOLERANCE:  # also catches NaN
        raise ValueError(f"an embedding of shape {vector.shape} and length {length:.4f} is not a unit vector")
    tx.execute(
        "INSERT INTO embeddings (crop_id, model_id, vector) VALUES (?, ?, ?) "
        "ON CONFLICT (crop_id, model_id) DO NOTHING",
        (crop_id, model, vector_to_bytes(vector)),
    )
