"""What the smaller variants of a student cost and give. Part of `benchmarks.accuracy`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy_record import Notebook, Section, figure
from benchmarks.accuracy_sets import LabelledSet
from benchmarks.accuracy_student import (
    Student,
    as_input,
    embeddings_of,
    headline,
    measure_set,
    rankings,
    searches,
    set_input,
)
from benchmarks.common import Table, interleaved_medians
from engine.errors import ModelError
from engine.models.card import Model, ModelCard
from engine.models.interface import to_tensor
from engine.models.library import ModelLibrary
from engine.models.quantise import Kind, make_variant
from engine.models.runtime import open_session
from engine.progress import Progress, Work
from training.data.formats import open_set
from training.data.images import ImageStore
from training.evaluate import open_model
from training.export import SMALLEST_COSINE, parity_photos

KINDS: tuple[Kind, ...] = ("float16", "int8")
CALIBRATION = 64  # crops that calibrate int8; as many others, of the other set, would measure it
BATCH, ROUNDS = 32, 5
FIGURES = (("all-search, single-shot", "R1"), ("all-search, single-shot", "mAP"), ("tracklets", "R1"))


def variants_section(
    model: Model, sets: Sequence[LabelledSet], notebook: Notebook, folder: Path, threads: int
) -> Work[Section]:
    """float32, float16 and int8 of one student: accuracy, cosine to float32, size and speed."""
    students = [Student(model.name, open_model(model.path, threads))]
    files = {model.name: model}
    for kind in KINDS:
        yield Progress(f"{model.name}: making its variants", len(students) - 1, len(KINDS), "variants")
        made = variant_of(model, kind, sets, folder)
        files[made.name] = made
        students.append(Student(made.name, open_model(made.path, threads)))
    speeds = _speeds(list(files.values()), sets[0], threads)
    headings = ("variant", "people", "R1", "mAP", "tracklets R1", "mean cosine", "least cosine")
    accuracy = Table(f"{model.name} and its variants: figures in per cent, cosine to float32", *headings)
    figures = []
    for data in sets:
        first: np.ndarray | None = None
        for student in students:
            rows, embeddings = yield from _measured(student, data, notebook)
            first = embeddings if first is None else first
            cosine = (embeddings * first).sum(axis=1)
            shown = [round(headline(rows, *wanted), 1) for wanted in FIGURES]
            accuracy.add(student.name, data.title, *shown, float(cosine.mean()), float(cosine.min()))
            if student is not students[0]:
                values = {"R1": shown[0], "mAP": shown[1]}
                figures.append(figure(student.model.sha256, data.title, f"{FIGURES[0][0]}, no re-ranking", values))
    sizes = Table("Size and speed", "variant", "file, MB", "crops/s", "times float32")
    for name, file in files.items():
        rate = BATCH / speeds[name]
        sizes.add(name, round(file.path.stat().st_size / 1e6, 2), rate, speeds[model.name] / speeds[name])
    text = (
        f"Batches of {BATCH} crops on {threads} CPU threads, in turns; compare the ratio, not the rate. int8 is "
        f"calibrated on {CALIBRATION} pictures of the second set. A variant is only exported where its least cosine "
        f"passes {' and '.join(f'{limit} ({kind})' for kind, limit in SMALLEST_COSINE.items())}."
    )
    inputs = [as_input(student) for student in students] + [set_input(data) for data in sets]
    return Section("Variants of the default student", [accuracy, sizes], text, inputs, figures)


def variant_of(model: Model, kind: Kind, sets: Sequence[LabelledSet], folder: Path) -> Model:
    """The variant that ships beside the model, else one made now (kept in `folder`)."""
    try:
        return ModelLibrary().get(f"{model.name}-{kind}")
    except ModelError:
        pass
    here = folder / model.card.sha256[:16]
    path = here / f"{model.name}-{kind}.onnx"
    if path.with_suffix(".json").is_file():
        return Model(ModelCard.load(path.with_suffix(".json")), path)
    calibrating, measuring = (parity_photos(open_set(data.root), CALIBRATION) for data in (sets[-1], sets[0]))
    both = [photo for pair in zip(calibrating, measuring, strict=False) for photo in pair]  # every other one calibrates
    store = ImageStore(both, model.card.input.size)
    return make_variant(model, kind, store.take(range(len(store))), here).model


def _measured(student: Student, data: LabelledSet, notebook: Notebook) -> Work[tuple[list[dict[str, Any]], np.ndarray]]:
    embeddings = yield from embeddings_of(student, data, notebook)
    asked = [search for search in searches(data) if search.name in {name for name, _ in FIGURES}]

    def measure() -> Work[list[dict[str, Any]]]:
        return (yield from measure_set(f"{student.name}: {data.title}", embeddings, asked, rankings()[:1]))

    rows = yield from notebook.recall("variant", {"model": student.model.sha256, "data": data.digest}, measure)
    return rows, np.stack(list(embeddings.values()))


def _speeds(models: Sequence[Model], data: LabelledSet, threads: int) -> dict[str, float]:
    """Seconds for a batch, by name."""
    store = ImageStore(sorted(data.photos())[:BATCH], models[0].card.input.size)
    crops = store.take(range(len(store)))
    return interleaved_medians({model.name: runner(model, threads, crops) for model in models}, rounds=ROUNDS)


def runner(model: Model, threads: int, crops: np.ndarray) -> Callable[[], object]:
    """A call that embeds `crops (N, H, W, 3) uint8` once."""
    session = open_session(model, "cpu", threads)
    inputs = {model.card.input.name: to_tensor(crops, model.card.input)}
    return lambda: session.run(inputs, [model.card.outputs["embedding"]])
