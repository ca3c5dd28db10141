"""Who somebody is: body, skin, hair, clothes and things, all drawn from one seed. No geometry here."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from training.synthetic import materials as ma
from training.synthetic.assets import AssetPack
from training.synthetic.body import BodyShape
from training.synthetic.materials import FabricChoice, Material, draw_fabric
from training.synthetic.styles import ALL, person_fits

ORIGINS = ("caucasian", "african", "asian")
UNSUITABLE = ("work", "sportsuit")  # an overall goes with its own half; bare midriffs read as nude in infrared
_TONE = {"caucasian": 0.8, "african": 4.2, "asian": 1.6}


@dataclass(frozen=True)
class Garment:
    """`kind` names either a part of the pack ('male_casualsuit02#top') or a cut ('coat', with its length)."""

    kind: str
    material: Material
    length: float = 0.0  # hem height at rest in dm, for cuts
    reach: float = 4.15  # how far sleeves go, for cuts


@dataclass(frozen=True)
class Person:
    """Everything that stays the same in every camera."""

    seed: int
    male: bool
    shape: BodyShape
    tone: int
    skin: Material
    hair: str | None
    hair_word: str
    hair_material: Material
    garments: list[Garment] = field(default_factory=list)
    headwear: tuple[str, Material] | None = None  # 'beanie', 'cap', 'fedora', 'hood', 'hood down', 'veil'
    scarf: Material | None = None
    rucksack: tuple[float, Material] | None = None
    hip_bag: tuple[float, Material] | None = None
    aid: str | None = None  # 'cane', 'rollator'
    eyebrows: int = 1
    beard: bool = False
    mask: Material | None = None
    gloves: Material | None = None
    things: Material | None = None  # what hand bags, umbrellas and frames are made of

    def words(self) -> dict[str, str]:
        """A description in plain words, as a witness would give it."""
        shape = self.shape
        ages = ((0.33, "child"), (0.47, "teenager"), (0.62, "adult"), (0.78, "middle-aged"), (2.0, "old"))
        builds = ((0.35, "thin"), (0.55, "slim"), (0.72, "medium"), (0.86, "stout"), (2.0, "heavy"))
        heights = ((0.38, "short"), (0.5, "below middle"), (0.62, "above middle"), (2.0, "tall"))
        clothes = " + ".join(f"{_garment_word(g)} {_stuff_word(g.material)}" for g in self.garments)
        worn = [self.headwear[0] + " " + ma.colour_word(self.headwear[1].colour)] if self.headwear else []
        worn += ["scarf " + ma.colour_word(self.scarf.colour)] if self.scarf else []
        worn += ["rucksack " + ma.colour_word(self.rucksack[1].colour)] if self.rucksack else []
        worn += ["bag " + ma.colour_word(self.hip_bag[1].colour)] if self.hip_bag else []
        worn += [self.aid] if self.aid else []
        worn += ["beard"] if self.beard else []
        worn += ["mask " + ma.colour_word(self.mask.colour)] if self.mask else []
        worn += ["gloves " + ma.colour_word(self.gloves.colour)] if self.gloves else []
        return {
            "sex": "male" if self.male else "female",
            "age": _word(ages, shape.age),
            "build": _word(builds, shape.weight),
            "height": _word(heights, shape.height),
            "skin": str(self.tone),
            "hair": f"{self.hair or 'none'} {self.hair_word}",
            "clothes": clothes,
            "worn": ", ".join(worn),
        }


def _word(table: tuple[tuple[float, str], ...], value: float) -> str:
    return next(word for top, word in table if value < top)


def _garment_word(garment: Garment) -> str:
    return f"{garment.kind} {round(garment.length)}" if garment.length else garment.kind


def _stuff_word(material: Material) -> str:
    colours = ma.colour_word(material.colour)
    if material.pattern:
        colours += f"/{ma.colour_word(material.second_colour or material.colour)} {material.pattern}"
    return colours


def draw_person(pack: AssetPack, seed: int, stream: int = 0, style: str = ALL) -> Person:
    """Person number `seed` of a population `stream` in a style; the same always."""
    rng = np.random.default_rng([stream, seed, 1])
    while not person_fits(person := _draw(rng, pack, seed), style):
        pass
    return person


def _draw(rng: np.random.Generator, pack: AssetPack, seed: int) -> Person:
    male = bool(rng.random() < 0.5)
    origin = str(rng.choice(ORIGINS, p=[0.5, 0.22, 0.28]))
    shape = _shape(rng, male, origin)
    tone = int(np.clip(round(rng.normal(_TONE[origin], 0.9)), 0, len(ma.SKIN_TONES) - 1))
    colour = tuple(float(c) for c in np.array(ma.SKIN_TONES[tone]) * rng.uniform(0.82, 1.0))
    skin = Material(colour, ma.skin_nir(rng, tone), pattern=ma.SKIN, gloss=0.02)
    hair, hair_word, hair_material = _hair(rng, male, origin, shape.age)
    garments = _outfit(rng, pack, male, shape.age, skin.nir)
    headwear = _headwear(rng, male, garments)
    scarf = draw_fabric(rng, FabricChoice(folds=1.6, bias=0.05)) if rng.random() < 0.13 else None
    bag = draw_fabric(rng, FabricChoice(pattern_share=0.15, folds=0.5, bias=0.02))
    has_rucksack = rng.random() < 0.24
    has_bag = not has_rucksack and rng.random() < 0.2
    aid = str(rng.choice(["cane", "rollator"])) if shape.age > 0.72 and rng.random() < 0.4 else None
    wrapped = scarf is not None or any(garment.kind in ("coat", "puffer") for garment in garments)
    return Person(
        seed, male, shape, tone, skin, hair, hair_word, hair_material, garments, headwear, scarf,
        rucksack=(rng.uniform(0.8, 1.15), bag) if has_rucksack else None,
        hip_bag=(rng.uniform(0.75, 1.2), bag) if has_bag else None,
        aid=aid,
        eyebrows=int(rng.integers(1, 13)),
        beard=bool(male and shape.age > 0.48 and rng.random() < 0.3),
        mask=_plain(rng) if rng.random() < 0.06 else None,
        gloves=_plain(rng) if wrapped and rng.random() < 0.3 else None,
        things=draw_fabric(rng, FabricChoice(pattern_share=0.25, patterns=(ma.BLOTCHES, ma.DOTS), folds=0.3)),
    )  # fmt: skip


def _plain(rng: np.random.Generator) -> Material:
    return draw_fabric(rng, FabricChoice(pattern_share=0.0, folds=0.4, bias=0.02))


def _shape(rng: np.random.Generator, male: bool, origin: str) -> BodyShape:
    ages = [rng.uniform(0.28, 0.4), rng.uniform(0.4, 0.48), rng.uniform(0.48, 0.62), rng.uniform(0.62, 0.92)]
    mix = 0.15 * rng.dirichlet([1, 1, 1]) + 0.85 * (np.array(ORIGINS) == origin)
    return BodyShape(
        maleness=rng.uniform(0.82, 1) if male else rng.uniform(0, 0.15),
        age=float(rng.choice(ages, p=[0.05, 0.1, 0.52, 0.33])),
        muscle=float(np.clip(rng.normal(0.5, 0.17), 0.1, 0.95)),
        weight=float(np.clip(rng.normal(0.56, 0.2), 0.1, 1)),
        height=float(np.clip(rng.normal(0.52, 0.16), 0.12, 0.9)),
        proportions=rng.uniform(0.35, 1),
        origins=dict(zip(ORIGINS, (float(m) for m in mix), strict=True)),
    )


def _hair(rng: np.random.Generator, male: bool, origin: str, age: float) -> tuple[str | None, str, Material]:
    styles = ["short01", "short02", "short03", "short04"] if male else [
        "bob01", "bob02", "braid01", "long01", "ponytail01", "short03", "long01"]  # fmt: skip
    if origin == "african":
        styles.append("afro01")
    bald = male and rng.random() < 0.12
    words = list(ma.HAIR_COLOURS)
    shares = (
        [0.28, 0.22, 0.18, 0.13, 0.1, 0.04, 0.05, 0.0] if origin == "caucasian" else [0.66, 0.27, 0.07, 0, 0, 0, 0, 0]
    )
    if age > 0.7 and rng.random() < 0.75:
        shares = [0, 0, 0, 0, 0, 0.55, 0, 0.45]
    word = str(rng.choice(words, p=shares))
    colour = tuple(float(c) for c in np.array(ma.HAIR_COLOURS[word]) * rng.uniform(0.8, 1.25))
    style = None if bald else str(rng.choice(styles))
    falls = style in ("long01", "ponytail01", "braid01")  # over the clothes; short hair must not come through the face
    material = Material(colour, ma.hair_nir(rng, colour), detail=0.6, gloss=0.03, bias=0.035 if falls else 0.012)
    return style, word, material


def _headwear(rng: np.random.Generator, male: bool, garments: list[Garment]) -> tuple[str, Material] | None:
    hooded = next((g for g in garments if g.kind in ("hoodie", "puffer", "coat")), None)
    share = rng.random()
    if hooded is not None and share < 0.3:
        stuff = hooded.material.worn(pattern=ma.NO_PATTERN, folds=1.0)
        return ("hood" if rng.random() < 0.6 else "hood down"), stuff
    if share < 0.3 or share > 0.52:
        return None
    choices, shares = (("beanie", "cap", "fedora"), (0.42, 0.42, 0.16)) if male else (
        ("beanie", "cap", "fedora", "veil"), (0.4, 0.2, 0.1, 0.3))  # fmt: skip
    kind = str(rng.choice(choices, p=shares))
    return kind, draw_fabric(rng, FabricChoice(patterns=(ma.STRIPES_ACROSS,), pattern_share=0.2, bias=0.045))


def _outfit(rng: np.random.Generator, pack: AssetPack, male: bool, age: float, skin_nir: float) -> list[Garment]:
    """Outer garments from top to shoes; what a closed coat hides is left out."""
    sex = "male" if male else "female"
    garments: list[Garment] = []
    overall = male and rng.random() < 0.06
    whole = None if overall else _one_piece(rng, pack, male, skin_nir)
    if overall:
        garments += [_from_pack(rng, pack, f"male_worksuit01#{half}", skin_nir, bias=0.02) for half in ("top", "bot")]
    elif whole is not None:
        garments.append(whole)
        if rng.random() < 0.5 and whole.kind == "dress":
            garments.append(_legs(rng, pack, sex, skin_nir, whole.material.nir, "leggings"))
    else:
        upper = _top(rng, pack, male, skin_nir)
        garments += [upper, _legs(rng, pack, sex, skin_nir, upper.material.nir)]
    shoe = f"shoes0{rng.integers(1, 7)}"
    choice = _choice(pack, shoe, own_colours=True, bias=0.012, pattern_share=0.0, folds=0.2)
    shoes = draw_fabric(rng, choice)
    return [*garments, Garment(shoe, shoes.worn(nir=rng.uniform(0.06, 0.6)))]


def _choice(pack: AssetPack, part: str, **more: object) -> FabricChoice:
    return FabricChoice(texture=pack.parts[part].texture, luminance=pack.parts[part].luminance, **more)


def _from_pack(rng: np.random.Generator, pack: AssetPack, part: str, skin_nir: float, **more: object) -> Garment:
    return Garment(part, draw_fabric(rng, _choice(pack, part, beside=[skin_nir], **more)))


def _one_piece(rng: np.random.Generator, pack: AssetPack, male: bool, skin_nir: float) -> Garment | None:
    if male:
        return _from_pack(rng, pack, "male_casualsuit01#one", skin_nir, bias=0.02) if rng.random() < 0.05 else None
    if rng.random() < 0.16:
        stuff = draw_fabric(rng, FabricChoice(bias=0.03, beside=[skin_nir]))
        return Garment("dress", stuff, length=rng.uniform(-5.5, -1.2), reach=float(rng.choice([1.9, 2.5, 4.1])))
    return None


def _top(rng: np.random.Generator, pack: AssetPack, male: bool, skin_nir: float) -> Garment:
    share = rng.random()
    beside = [skin_nir]
    if share < 0.3:  # outdoor garments
        kind = str(rng.choice(["coat", "puffer", "jacket", "vest"], p=[0.36, 0.28, 0.28, 0.08]))
        if kind == "coat":
            patterns = (ma.OPEN_FRONT, ma.CHECKS)
            stuff = draw_fabric(rng, FabricChoice(patterns, 0.35, folds=1.3, bias=0.05, beside=beside))
            return Garment("coat", stuff, length=rng.uniform(-4.6, -0.6))
        if kind == "puffer":
            stuff = draw_fabric(rng, FabricChoice((ma.QUILTED,), 1.0, folds=0.6, bias=0.05, beside=beside))
            return Garment("puffer", stuff.worn(gloss=0.05), length=rng.uniform(-0.4, 0.5))
        if kind == "vest":  # work wear with retroreflective tape
            warm = ma.hsv(rng.choice([8.0, 30.0, 38.0]), 225, 235)
            stuff = Material(warm, rng.uniform(0.5, 0.8), (0.45, 0.45, 0.45), 0.6, ma.BANDS, rng.uniform(0.8, 1.2),
                             folds=0.9, bias=0.05, hem=0.3, retro=rng.uniform(1.5, 4.0))  # fmt: skip
            return Garment("jacket", stuff, length=0.2, reach=float(rng.choice([1.9, 4.15])))
        patterns = (ma.OPEN_FRONT, ma.LOWER_BLOCK, ma.SLEEVES, ma.STRIPES_ACROSS)
        return Garment("jacket", draw_fabric(rng, FabricChoice(patterns, 0.5, bias=0.045, beside=beside)), length=0.2)
    if share < 0.55:
        kind = str(rng.choice(["tshirt", "sweater", "hoodie"], p=[0.36, 0.28, 0.36]))
        stuff = draw_fabric(rng, FabricChoice(bias=0.03, folds=1.2, beside=beside))
        reach = rng.uniform(2.2, 2.8) if kind == "tshirt" else 4.15
        return Garment(kind, stuff, length=rng.uniform(0.0, 0.45), reach=reach)
    names = [
        name for name in pack.parts
        if name.endswith("#top") and not any(word in name for word in UNSUITABLE)
        and (name.startswith("male") == male or (not male and rng.random() < 0.3))
    ]  # fmt: skip
    return _from_pack(rng, pack, str(rng.choice(sorted(names))), skin_nir, own_colours=True, bias=0.03)


def _legs(
    rng: np.random.Generator, pack: AssetPack, sex: str, skin_nir: float, top_nir: float, kind: str | None = None
) -> Garment:
    beside = [skin_nir, top_nir] if rng.random() < 0.75 else [skin_nir]
    if kind is None:
        kinds = ["trousers", "jeans", "shorts", "track", "skirt", "leggings"]
        shares = [0.28, 0.38, 0.16, 0.18, 0, 0] if sex == "male" else [0.16, 0.3, 0.08, 0.08, 0.2, 0.18]
        kind = str(rng.choice(kinds, p=shares))
    if kind == "jeans":
        names = sorted(
            n
            for n in pack.parts
            if n.endswith("#bot") and n.startswith(sex) and not any(word in n for word in UNSUITABLE)
        )
        colour = ma.denim(rng) if rng.random() < 0.6 else None
        part = str(rng.choice(names))
        choice = _choice(pack, part, colour=colour, beside=beside, pattern_share=0.0, bias=0.02)
        return Garment(part, draw_fabric(rng, choice))
    patterns = {"skirt": FabricChoice().patterns, "track": (ma.SIDE_STRIPE,)}.get(kind, (ma.CHECKS, ma.BLOTCHES))
    share = {"track": 0.8, "skirt": 0.4}.get(kind, 0.12)
    stuff = draw_fabric(rng, FabricChoice(patterns, share, folds=0.5 if kind == "leggings" else 1.2, beside=beside))
    lengths = {"skirt": (-5.5, -1.5), "shorts": (-4.2, -2.4), "leggings": (-7.5, -6.0)}
    return Garment(kind, stuff, length=rng.uniform(*lengths.get(kind, (-7.6, -7.3))))
