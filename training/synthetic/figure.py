"""A person made flesh: the skinned mesh of body, clothes and things, and its poses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.synthetic import accessories as ac
from training.synthetic import materials as ma
from training.synthetic import skinning, wardrobe
from training.synthetic.assets import AssetPack
from training.synthetic.body import joints, morph
from training.synthetic.mesh import Mesh, Skinned
from training.synthetic.person import Garment, Person

BODY_VERTICES = 13380
DM = 0.1  # metres


@dataclass
class Figure:
    """A person's geometry at rest (dm) with packed materials."""

    person: Person
    heads: np.ndarray  # (B, 3) joints
    height: float  # metres
    core: Skinned
    materials: np.ndarray
    things_row: int  # material row of carried things
    parents: np.ndarray
    bone_index: dict[str, int]
    carried: dict[str, ac.Accessory] = field(default_factory=dict)

    def pose(
        self, local: np.ndarray, yaw: float, where: tuple[float, float], things: tuple[ac.Accessory, ...] = ()
    ) -> list[Mesh]:
        """World meshes of the figure in a pose, its pelvis over `where` (x, z) metres, facing yaw (0 = +Z).

        The lowest vertex touches the ground.
        """
        matrices, joint = skinning.bone_matrices(self.parents, self.heads, local)
        vertices = skinning.skin(self.core.vertices, self.core.bones, self.core.weights, matrices)
        root = joint[self.bone_index["root"]]
        shift = np.array([root[0], vertices[:, 1].min(), root[2]], np.float32)
        c, s = np.cos(yaw), np.sin(yaw)
        turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32) * np.float32(DM)
        place = np.array([where[0], 0.0, where[1]], np.float32)

        def to_world(points: np.ndarray) -> np.ndarray:
            return ((points - shift) @ turn + place).astype(np.float32)

        meshes = [self._mesh(self.core, to_world(vertices))]
        for thing in things:
            points = _hang(thing, joint[self.bone_index[thing.bone]], shift)
            meshes.append(self._thing(thing, to_world(points)))
        return meshes

    def _mesh(self, part: Skinned, world: np.ndarray) -> Mesh:
        normals = skinning.vertex_normals(world, part.faces)
        return Mesh(
            skinning.gather(world, part.source),
            skinning.gather(normals, part.source),
            part.rest,
            part.uv,
            part.material,
            part.triangles,
            self.materials,
        )

    def _thing(self, thing: ac.Accessory, world: np.ndarray) -> Mesh:
        count = len(world)
        return Mesh(
            world,
            skinning.vertex_normals(world, thing.shape.faces),
            np.c_[thing.shape.vertices, np.zeros(count)].astype(np.float32),
            np.zeros((count, 2), np.float32),
            np.full(count, self.things_row, np.int32),
            thing.shape.faces,
            self.materials,
        )


def _hang(thing: ac.Accessory, joint: np.ndarray, shift: np.ndarray) -> np.ndarray:
    points = thing.shape.vertices.astype(np.float64)
    if thing.anchor == "hand":  # below the wrist, in the palm
        return points + joint + [0, -0.7, 0.15]
    if thing.anchor == "ground":
        hand = joint[1] - 0.7 - shift[1]
        if points[:, 1].max() <= 1.3:
            points[:, 1] *= hand
        return points + np.array([joint[0], shift[1], joint[2] + 0.15])
    return points + shift


class _Builder:
    """Collects parts and material rows of one figure."""

    def __init__(self, pack: AssetPack, person: Person) -> None:
        self.pack, self.person = pack, person
        self.body = morph(pack, person.shape)
        self.normals = skinning.vertex_normals(self.body, pack.faces)
        self.parts: list[Skinned] = []
        self.rows: list[np.ndarray] = []
        self.hidden = np.zeros(len(self.body), bool)

    def row(self, material: ma.Material) -> int:
        self.rows.append(material.packed(self.pack.texture_names))
        return len(self.rows) - 1

    def part(self, name: str, material: ma.Material) -> None:
        part = self.pack.parts[name]
        self.hidden[part.hides] = True
        fitted, rest = part.fit(self.body), part.fit(self.pack.vertices)
        self.parts.append(
            Skinned.build(
                fitted, part.faces, part.bones, part.bone_weights, rest, self.row(material), part.uv, part.uv_faces
            )
        )

    def cuts(self, pieces: list[wardrobe.Piece], material: ma.Material) -> None:
        row = self.row(material)
        for piece in pieces:
            cloth = wardrobe.cut(self.pack, piece, self.body, self.normals, row)
            if cloth is not None:
                self.parts.append(cloth)
                self.hidden |= wardrobe.hidden(self.pack, piece)

    def accessory(self, thing: ac.Accessory, material: ma.Material) -> None:
        count = len(thing.shape.vertices)
        bones, weights = np.zeros((count, 4), np.uint8), np.zeros((count, 4), np.float32)
        bones[:, 0], weights[:, 0] = self.pack.bone_index[thing.bone], 1.0
        rest = thing.shape.vertices
        self.parts.append(Skinned.build(rest, thing.shape.faces, bones, weights, rest, self.row(material)))


def build_figure(pack: AssetPack, person: Person) -> Figure:
    """Geometry of a person."""
    builder = _Builder(pack, person)
    for garment in person.garments:
        _dress(builder, garment)
    _head(builder)
    _extras(builder)
    _body(builder)
    heads = joints(pack, builder.body)
    things = builder.row(person.things or person.skin)
    body = builder.body[:BODY_VERTICES, 1]
    return Figure(
        person=person,
        heads=heads,
        height=float(body.max() - body.min()) * DM,
        core=Skinned.join(builder.parts),
        materials=np.stack(builder.rows),
        things_row=things,
        parents=pack.bone_parents,
        bone_index=pack.bone_index,
    )


def _dress(builder: _Builder, garment: Garment) -> None:
    kind, stuff, low, reach = garment.kind, garment.material, garment.length, garment.reach
    if kind in builder.pack.parts:
        builder.part(kind, stuff)
        return
    pieces = {
        "tshirt": lambda: wardrobe.top(low, reach, 0.18),
        "sweater": lambda: wardrobe.top(low, reach, 0.18),
        "hoodie": lambda: wardrobe.top(low, reach, 0.26),
        "jacket": lambda: wardrobe.top(low, reach, 0.32),
        "puffer": lambda: wardrobe.top(low, reach, 0.5),
        "coat": lambda: wardrobe.coat(low, 0.34),
        "dress": lambda: wardrobe.dress(low, reach),
        "skirt": lambda: wardrobe.skirt(low),
        "shorts": lambda: wardrobe.legs(low, 0.27),
        "leggings": lambda: wardrobe.legs(low, 0.06),
        "trousers": lambda: wardrobe.legs(low, 0.2),
        "track": lambda: wardrobe.legs(low, 0.26),
    }[kind]()
    builder.cuts(pieces, stuff)


def _head(builder: _Builder) -> None:
    person, pack = builder.person, builder.pack
    worn = person.headwear[0] if person.headwear else None
    if worn is not None:
        stuff = person.headwear[1]
        if worn == "fedora":
            builder.part("fedora", stuff)
        elif worn == "hood":
            builder.cuts(wardrobe.hood(), stuff)
        elif worn == "hood down":
            builder.accessory(ac.lowered_hood(_nape(builder)), stuff)
        elif worn == "veil":
            builder.cuts(wardrobe.veil(), stuff)
        else:
            builder.cuts(wardrobe.beanie(), stuff)
            if worn == "cap":
                rest = pack.vertices[:BODY_VERTICES]
                brow = np.flatnonzero((rest[:, 1] > 7.55) & (rest[:, 1] < 7.75))
                forehead = builder.body[brow[np.argmax(builder.body[brow, 2])]]
                builder.accessory(ac.cap_brim(forehead), stuff)
    covered = worn in ("hood", "veil") or (worn in ("beanie", "cap", "fedora") and person.hair == "afro01")
    hair = person.hair_material
    if person.hair and not covered:
        part = pack.parts[person.hair]
        mode = ma.ALPHA if part.texture else ma.PLAIN
        builder.part(person.hair, hair.worn(texture=part.texture, texture_mode=mode, luminance=part.luminance))
    brows = f"eyebrow{person.eyebrows:03d}"
    texture = pack.parts[brows].texture
    builder.part(brows, hair.worn(texture=texture, texture_mode=ma.ALPHA, detail=0.0, gloss=0.0, bias=0.008))
    eyes = pack.parts["low-poly"]
    white = ma.Material((1, 1, 1), 0.35, texture=eyes.texture, texture_mode=ma.OWN_COLOURS, luminance=eyes.luminance,
                        detail=1.0, gloss=0.05, retro=2.0)  # fmt: skip
    builder.part("low-poly", white)


def _nape(builder: _Builder) -> np.ndarray:
    """(3,) the back of the neck at rest."""
    rest = builder.pack.vertices[:BODY_VERTICES]
    neck = np.flatnonzero((np.abs(rest[:, 0]) < 0.4) & (np.abs(rest[:, 1] - 6.0) < 0.2))
    return builder.body[neck[np.argmin(builder.body[neck, 2])]]


def _extras(builder: _Builder) -> None:
    person, body, rest = builder.person, builder.body, builder.pack.vertices
    trunk = np.arange(len(body)) < BODY_VERTICES
    if person.rucksack:
        size, stuff = person.rucksack
        spine = trunk & (np.abs(rest[:, 0]) < 1) & (rest[:, 1] > 2.5) & (rest[:, 1] < 5)
        back = np.array([0, np.percentile(body[spine, 1], 45), body[spine, 2].min()])
        builder.accessory(ac.rucksack(back, size), stuff)
        builder.cuts(wardrobe.shoulder_straps(), stuff.worn(pattern=ma.NO_PATTERN, bias=0.06))
    if person.hip_bag:
        size, stuff = person.hip_bag
        side = trunk & (rest[:, 1] > 0.4) & (rest[:, 1] < 1.0) & (np.abs(rest[:, 0]) < 2.2)
        hip = body[np.flatnonzero(side)[np.argmax(body[side, 0])]]
        builder.accessory(ac.hip_bag(hip, size), stuff)
        builder.cuts(wardrobe.cross_strap(), stuff.worn(pattern=ma.NO_PATTERN, bias=0.06))
    if person.mask:
        builder.cuts(wardrobe.mask(), person.mask)
    if person.gloves:
        builder.cuts(wardrobe.gloves(), person.gloves)
    if person.scarf:
        throat = trunk & (np.abs(rest[:, 1] - 6.15) < 0.12) & (np.abs(rest[:, 0]) < 0.9)
        ring = body[throat]
        middle = (ring.max(axis=0) + ring.min(axis=0)) / 2
        builder.accessory(ac.neck_scarf(middle, float(np.ptp(ring[:, 2])) / 2 + 0.18), person.scarf)


def _body(builder: _Builder) -> None:
    """Skin that shows, with lips and a scalp under the hair."""
    person, pack = builder.person, builder.pack
    rest = pack.vertices
    skin = builder.row(person.skin)
    tint = tuple(c * k for c, k in zip(person.skin.colour, (0.85, 0.55, 0.55), strict=True))
    lips = builder.row(person.skin.worn(colour=tint, second_colour=tint, nir=person.skin.nir * 0.97))
    mixed = tuple(0.35 * s + 0.65 * h for s, h in zip(person.skin.colour, person.hair_material.colour, strict=True))
    scalp = builder.row(person.skin.worn(colour=mixed, nir=(person.skin.nir + person.hair_material.nir) / 2))
    rows = np.full(len(rest), skin)
    mouth = [pack.bone_index[bone] for bone in ("oris01", "oris02", "oris05", "oris06")]
    share = (np.isin(pack.bones, mouth) * pack.bone_weights).sum(axis=1)
    if person.beard:
        rows[(rest[:, 2] > 0.35) & (rest[:, 1] > 6.35) & (rest[:, 1] < 7.02 - 0.1 * np.abs(rest[:, 0]))] = scalp
    rows[(share > 0.75) & (rest[:, 1] < 6.9)] = lips
    if person.hair == "afro01":
        rows[(rest[:, 1] > 7.7) & (rest[:, 2] < 1.0)] = scalp
    elif person.hair:
        rows[(rest[:, 1] > 7.75) & (rest[:, 2] < 1.2) & (rest[:, 1] > 7.3 + 0.35 * rest[:, 2])] = scalp
    faces = pack.group("body")
    faces = faces[~builder.hidden[faces].all(axis=1)]
    used, flat = np.unique(faces, return_inverse=True)
    part = Skinned.build(
        builder.body[used], flat.reshape(-1, 3), pack.bones[used], pack.bone_weights[used], rest[used], rows[used]
    )
    builder.parts.append(part)
