"""Who is searched among whom, against the published drawing code and hand-made lists."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from engine.errors import UsageError
from engine.types import Modality
from training.data.records import Photo, Splits, of_modality
from training.faults import DataError
from training.protocols import INDOOR, of_set, seeded_draw, sysu, tracklets, within
from training.validation import mean_metrics, score


def published_draw(root: Path, ids: list[int], cameras: tuple[str, ...], trial: int) -> list[str]:
    """`process_gallery_sysu` of AGW's public code, as it stands there but for the file endings."""
    random.seed(trial)
    chosen = []
    for number in sorted(ids):
        for camera in cameras:
            folder = root / camera / f"{number:04d}"
            if folder.is_dir():
                files = sorted(str(path) for path in folder.iterdir())
                chosen.append(random.choice(files))
    return chosen


@pytest.mark.parametrize("trial", [0, 3])
def test_the_seeded_draw_is_the_published_one(people: Path, splits: Splits, trial: int) -> None:
    visible = of_modality(splits.test, Modality.VISIBLE)
    ids = sorted({int(photo.identity) for photo in visible})
    ours = [str(photo.path) for photo in seeded_draw(visible, 1, trial)]
    assert ours == published_draw(people, ids, ("cam1", "cam2", "cam4", "cam5"), trial)


def test_multi_shot_takes_that_many_photos_per_person_and_camera(splits: Splits) -> None:
    visible = of_modality(splits.test, Modality.VISIBLE)
    assert len(seeded_draw(visible, 2, 0)) == 8 * 4 * 2
    assert len(set(seeded_draw(visible, 10, 0))) == 8 * 4 * 3  # all, where fewer exist


def test_the_official_draw_reads_the_permutations(people: Path, splits: Splits) -> None:
    cells = np.empty((6, 1), dtype=object)
    for camera in range(6):
        cells[camera, 0] = np.empty((28, 1), dtype=object)
        for person in range(28):
            cells[camera, 0][person, 0] = np.tile([3, 1, 2], (10, 1))
    file = people / "exp" / "rand_perm_cam.mat"
    savemat(file, {"rand_perm_cam": cells})
    protocol = sysu(splits.test, people, mode="indoor", shots=1, draw="official", trials=2)
    gallery = [probe[0] for probe in protocol.trials[0].gallery]
    assert {photo.path.name for photo in gallery} == {"0003.png"}
    assert {photo.camera for photo in gallery} == set(INDOOR)
    assert "official draw" in protocol.name
    file.unlink()
    with pytest.raises(DataError, match="official gallery draws"):
        sysu(splits.test, people, mode="all", shots=1, draw="official")


def test_every_ir_photo_is_a_query(splits: Splits) -> None:
    protocols = of_set(splits, splits.test)
    assert [p.name.split(",")[0] for p in protocols] == [
        "sysu-mm01 all-search single-shot (1)",
        "sysu-mm01 all-search multi-shot (10)",
        "sysu-mm01 indoor-search single-shot (1)",
        "sysu-mm01 indoor-search multi-shot (10)",
    ]
    assert all(len(p.trials) == 10 and len(p.trials[0].query) == 8 * 2 * 3 for p in protocols)


def test_tracklets_fuse_one_person_in_one_camera(splits: Splits) -> None:
    trial = tracklets(splits.test, "sysu-mm01").trials[0]
    assert len(trial.query) == 8 * 2
    assert len(trial.gallery) == 8 * 4
    for probe in trial.query + trial.gallery:
        assert len({(photo.identity, photo.camera) for photo in probe}) == 1
        assert len(probe) == 3


def test_perfect_embeddings_score_one_and_blind_ones_chance(splits: Splits) -> None:
    protocol = of_set(splits, splits.test, modes=("all",), shots=(1,))[0]
    names = sorted({photo.identity for photo in splits.test})
    perfect = {photo: np.eye(8, dtype=np.float32)[names.index(photo.identity)] for photo in splits.test}
    found = mean_metrics(score(protocol, perfect))
    assert found["R1"] == found["mAP"] == found["mINP"] == 1.0
    draw = np.random.default_rng(0)
    blind = {photo: draw.normal(size=64).astype(np.float32) for photo in splits.test}
    assert 0.03 < mean_metrics(score(protocol, blind))["R1"] < 0.25  # chance is 1 in 8


def test_within_one_modality_the_same_camera_does_not_count(splits: Splits) -> None:
    cameras = {photo: np.eye(6, dtype=np.float32)[photo.camera - 1] for photo in splits.test}
    found = mean_metrics(score(within(splits.test, Modality.INFRARED), cameras))
    assert found["R1"] < 0.5  # a model that knows nothing but the camera gains nothing


def test_people_in_one_modality_cannot_be_measured(splits: Splits) -> None:
    with pytest.raises(UsageError, match="both IR and RGB"):
        of_set(splits, tuple(of_modality(splits.test, Modality.VISIBLE)))


def test_llcm_and_regdb_have_both_directions(splits: Splits) -> None:
    photos = tuple(Photo(p.path, p.identity, p.camera, p.modality) for p in splits.test)
    for layout in ("llcm", "regdb"):
        names = [p.name for p in of_set(Splits(layout, splits.root, (), (), photos), photos)]
        assert len(names) == 2
        assert all(name.startswith(layout) for name in names)
