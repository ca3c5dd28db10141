"""Words of the engine that come from short lists, for the window; its sentences stay as the records have them."""

from __future__ import annotations

from app.words import figure, grouped, tr

FAULTS = {
    "too small": tr("too small"),
    "blurred": tr("blurred"),
    "cut off or covered": tr("cut off or covered"),
    "too dark": tr("too dark"),
    "too bright": tr("too bright"),
    "little contrast": tr("little contrast"),
}
STAGES = {
    "checking": tr("checking"),
    "checking embeddings": tr("checking embeddings"),
    "checking pictures": tr("checking pictures"),
    "checking site plans": tr("checking site plans"),
    "checking tables against the log": tr("checking tables against the log"),
    "checking the audit log": tr("checking the audit log"),
    "checking the database": tr("checking the database"),
    "checking the gallery": tr("checking the gallery"),
    "checking the picture": tr("checking the picture"),
    "checking tracklets and crops": tr("checking tracklets and crops"),
    "comparing": tr("comparing"),
    "copying the demo footage": tr("copying the demo footage"),
    "copying the picture": tr("copying the picture"),
    "decoding the frame": tr("decoding the frame"),
    "downloading": tr("downloading"),
    "drawing contact sheets": tr("drawing contact sheets"),
    "embedding": tr("embedding"),
    "finding people": tr("finding people"),
    "hashing": tr("hashing"),
    "indexing": tr("indexing"),
    "looking for footage": tr("looking for footage"),
    "modality": tr("looking whether it is IR or RGB"),
    "preparing the gallery": tr("preparing the gallery"),
    "reading the query": tr("reading the query"),
    "starting": tr("starting"),
    "waiting for another search to prepare the gallery": tr("waiting for another search to prepare the gallery"),
    "writing tables": tr("writing tables"),
}
INGEST_STAGE = "finding people"  # the one that takes the time
RATES = {
    "clips": tr("{n} clips/s"),
    "crops": tr("{n} crops/s"),
    "embeddings": tr("{n} embeddings/s"),
    "entries": tr("{n} entries/s"),
    "files": tr("{n} files/s"),
    "frames": tr("{n} frames/s"),
    "plans": tr("{n} plans/s"),
    "rows": tr("{n} rows/s"),
    "subjects": tr("{n} subjects/s"),
    "tables": tr("{n} tables/s"),
    "tracklets": tr("{n} tracklets/s"),
}


def faults(found: tuple[str, ...]) -> str:
    """What speaks against a crop: 'too small, blurred'."""
    return ", ".join(FAULTS.get(fault, fault) for fault in found)


def stage(name: str) -> str:
    """What a piece of work is doing."""
    return STAGES.get(name, name)


def rate(number: float, unit: str) -> str:
    """'61 frames/s', '640 MB/s'."""
    if unit == "bytes":
        return f"{number / 1e6:.0f} MB/s"
    shown = grouped(round(number)) if number >= 10 else figure(number, ".1f")
    return RATES.get(unit, f"{{n}} {unit}/s").format(n=shown)
