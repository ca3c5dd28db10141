"""Every output family on a tiny graph whose answer is known, through the whole adapter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.models.card import DECODER_OUTPUTS, DetectorSpec, InputSpec, Model
from engine.perception.decoders import DECODERS, suppress
from engine.perception.detector import OnnxDetector
from engine.settings import DetectionSettings
from engine.types import Detection, Frame, Timestamp
from tests.helpers import tiny_models

SIZE = (64, 64)
SETTINGS = DetectionSettings(min_score=0.3, min_height=1)


def frame(height: int = 64, width: int = 64) -> Frame:
    return Frame(np.zeros((height, width, 3), np.uint8), Timestamp(0, Fraction(1, 10)), 0)


def detect(model: Model, *frames: Frame) -> list[list[Detection]]:
    return OnnxDetector(model, SETTINGS, "cpu", threads=1).detect(frames or (frame(),))


def cells(strides: tuple[int, ...]) -> int:
    return sum((-(-SIZE[0] // s)) * (-(-SIZE[1] // s)) for s in strides)


def yolox_model(path: Path, nms: float | None = 0.45, spec: InputSpec | None = None) -> Model:
    rows = np.full((1, cells((8, 16, 32)), 7), -9, np.float32)
    rows[..., 4:] = 0
    # Cell (x 3, y 2) of stride 8: centre ((3 + .5) * 8, (2 + .25) * 8), 16 × 32 pixels, person is class 1.
    rows[0, 2 * 8 + 3] = [0.5, 0.25, np.log(2), np.log(4), 0.9, 0.1, 0.8]
    rows[0, 2 * 8 + 4] = [-0.5, 0.25, np.log(2), np.log(4), 0.8, 0.1, 0.8]  # the same box again, less sure
    rows[0, 5 * 8 + 6] = [0.5, 0.5, np.log(1), np.log(1), 0.9, 0.9, 0.1]  # something else
    return tiny_models.fixed_detector(
        path,
        {"output": rows},
        {"predictions": "output"},
        DetectorSpec("yolox", person_class=1, nms=nms),
        spec or InputSpec("images", SIZE, resize="letterbox"),
    )


def test_yolox(tmp_path: Path) -> None:
    ((found,),) = detect(yolox_model(tmp_path / "m.onnx"))
    assert found.box.as_xyxy() == pytest.approx((20, 2, 36, 34), abs=1e-4)
    assert found.score == pytest.approx(0.72, abs=1e-5)


def test_without_nms_both_boxes_stay_best_first(tmp_path: Path) -> None:
    (found,) = detect(yolox_model(tmp_path / "m.onnx", nms=None))
    assert [d.score for d in found] == pytest.approx([0.72, 0.64], abs=1e-5)


def test_boxes_come_back_in_the_pixels_of_each_frame(tmp_path: Path) -> None:
    # 128 × 32 pixels letterboxed into 64 × 64: half the size, at the top.
    (small, wide) = detect(yolox_model(tmp_path / "m.onnx"), frame(), frame(32, 128))
    assert small[0].box.as_xyxy() == pytest.approx((20, 2, 36, 34), abs=1e-4)
    assert wide[0].box.as_xyxy() == pytest.approx((40, 4, 72, 32), abs=1e-4)  # cut off at the frame's bottom


def test_a_centred_letterbox_is_undone(tmp_path: Path) -> None:
    spec = InputSpec("images", SIZE, resize="letterbox", align="centre")
    ((found,),) = detect(yolox_model(tmp_path / "m.onnx", spec=spec), frame(64, 128))
    assert found.box.as_xyxy() == pytest.approx((40, 0, 72, 36), abs=1e-4)  # 16 rows of padding above


@pytest.mark.parametrize(("strides", "shift"), [((8, 16, 32, 64), 0.0), ((8, 16, 32), 0.5)])
def test_nanodet(tmp_path: Path, strides: tuple[int, ...], shift: float) -> None:
    rows = np.zeros((1, cells(strides), 2 + 32), np.float32)
    row = rows[0, 3 * 8 + 4]  # cell (x 4, y 3) of stride 8
    row[:2] = 0.2, 0.7
    for side, distance in enumerate((1, 2, 1, 3)):  # left, top, right, bottom in strides
        row[2 + 8 * side + distance] = 50
    model = tiny_models.fixed_detector(
        tmp_path / "m.onnx",
        {"out": rows},
        {"predictions": "out"},
        DetectorSpec("nanodet", person_class=1, nms=0.6),
        InputSpec("data", SIZE, colour="BGR", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395)),
    )
    ((found,),) = detect(model)
    x, y = (4 + shift) * 8, (3 + shift) * 8
    assert found.box.as_xyxy() == pytest.approx((x - 8, y - 16, x + 8, y + 24), abs=1e-4)
    assert found.score == pytest.approx(0.7)


def test_rtdetr(tmp_path: Path) -> None:
    model = tiny_models.fixed_detector(
        tmp_path / "m.onnx",
        {
            "labels": np.array([[0, 5, 0]], np.int64),
            "boxes": np.array([[[8, 4, 24, 60], [0, 0, 64, 64], [1, 1, 9, 9]]], np.float32),
            "scores": np.array([[0.9, 0.8, 0.1]], np.float32),
        },
        {"labels": "labels", "boxes": "boxes", "scores": "scores"},
        DetectorSpec("rtdetr"),
        InputSpec("images", SIZE, scale=1 / 255, target_sizes="orig_target_sizes"),
    )
    ((found,),) = detect(model, frame(128, 256))
    assert found.box.as_xyxy() == pytest.approx((32, 8, 96, 120), abs=1e-3)
    assert found.score == pytest.approx(0.9)


def test_rfdetr(tmp_path: Path) -> None:
    logits = np.full((1, 3, 4), -8, np.float32)
    logits[0, 1, 1], logits[0, 2, 2] = 2.0, 5.0
    boxes = np.array([[[0.5] * 4, [0.25, 0.5, 0.25, 0.75], [0.5] * 4]], np.float32)
    model = tiny_models.fixed_detector(
        tmp_path / "m.onnx",
        {"dets": boxes, "labels": logits},
        {"boxes": "dets", "logits": "labels"},
        DetectorSpec("rfdetr", person_class=1),
        InputSpec("input", SIZE, scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    )
    ((found,),) = detect(model)
    assert found.box.as_xyxy() == pytest.approx((8, 8, 24, 56), abs=1e-4)
    assert found.score == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)


def test_every_family_that_a_card_may_name_is_decoded() -> None:
    assert DECODERS.keys() == DECODER_OUTPUTS.keys()


def test_an_output_that_fits_no_grid_is_told_plainly(tmp_path: Path) -> None:
    model = tiny_models.fixed_detector(
        tmp_path / "m.onnx",
        {"output": np.zeros((1, 50, 7), np.float32)},
        {"predictions": "output"},
        DetectorSpec("yolox"),
        InputSpec("images", SIZE),
    )
    with pytest.raises(ModelError, match="50 predictions"):
        detect(model)


def test_a_person_class_that_does_not_exist_is_told_plainly(tmp_path: Path) -> None:
    model = tiny_models.fixed_detector(
        tmp_path / "m.onnx",
        {"output": np.zeros((1, cells((8, 16, 32)), 7), np.float32)},
        {"predictions": "output"},
        DetectorSpec("yolox", person_class=2),
        InputSpec("images", SIZE),
    )
    with pytest.raises(ModelError, match="person class"):
        detect(model)


def slow_suppress(boxes: np.ndarray, scores: np.ndarray, limit: float) -> list[int]:
    """Oracle: box by box, as the definition reads."""
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda n: -scores[n]):
        for j in kept:
            a, b = boxes[i], boxes[j]
            w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            shared = max(w, 0) * max(h, 0)
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
            if shared > limit * union:
                break
        else:
            kept.append(i)
    return kept


@given(st.lists(st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2, st.integers(0, 9)), max_size=25))
def test_suppression_equals_its_definition(rows: list[tuple[int, ...]]) -> None:
    values = np.array(rows, np.float64).reshape(-1, 5)
    boxes = np.hstack([values[:, :2], values[:, :2] + values[:, 2:4]])
    assert suppress(boxes, values[:, 4], 0.4).tolist() == slow_suppress(boxes, values[:, 4], 0.4)
