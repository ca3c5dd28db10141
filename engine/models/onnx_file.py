"""What an ONNX file holds, read from its bytes alone: whether every weight is inside it.

A tensor may name another file instead of holding its numbers (`external_data`); ONNX Runtime then reads that file from
wherever it lies, and a hash of the model says nothing about what runs. Field numbers are those of onnx.proto3 (ONNX
1.17); messages are walked without building them, so that a large model costs a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a TensorProto

_OP_TYPE, _COMPILED = 4, b"EPContext"  # a NodeProto that stands for what a device's compiler made, often in a file

# Which fields of a message hold further messages of interest. 'tensor' is where a walk ends.
_INNER: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}


def is_self_contained(data: bytes) -> bool:
    """True where no tensor or node of the model refers to another file. ValueError where `data` is no ONNX model."""
    view = memoryview(data)
    if not any(number == 7 and kind == _BYTES for number, kind, _, _ in _fields(view, 0, len(view))):
        raise ValueError("no graph in it")
    return not _refers_outside(view, 0, len(view), "model")


def _refers_outside(view: memoryview, start: int, end: int, message: str) -> bool:
    if message == "tensor":
        return any(
            number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
            for number, _, value, _ in _fields(view, start, end)
        )
    inner = _INNER[message]
    for number, kind, value, stop in _fields(view, start, end):
        if kind != _BYTES:
            continue
        if number in inner and _refers_outside(view, value, stop, inner[number]):
            return True
        if message == "node" and number == _OP_TYPE and view[value:stop] == _COMPILED:
            return True
    return False


def _fields(view: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """`(field number, wire type, value or start of the content, its end)` of one message (protobuf encoding)."""
    place = start
    while place < end:
        key, place = _varint(view, place, end)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(view, place, end)
            yield number, kind, value, place
            continue
        length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(kind)
        if kind == _BYTES:
            length, place = _varint(view, place, end)
        if length is None or place + length > end:
            raise ValueError("not a protobuf message")
        yield number, kind, place, place + length
        place += length


def _varint(view: memoryview, place: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            break
        byte = view[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("not a protobuf message")
