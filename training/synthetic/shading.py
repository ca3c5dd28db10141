"""Light on surfaces: visible light from sun and sky, near infrared from the camera's own lamp. Kernels only."""

from __future__ import annotations

import math

from numba import njit

from training.synthetic import light as li
from training.synthetic import materials as ma
from training.synthetic import place as pl
from training.synthetic.rasteriser import light_depth

OPTIONS = {"cache": True, "fastmath": True, "error_model": "numpy"}
SKY_DISTANCE = 200.0  # metres


@njit(**OPTIONS)
def noise(table, u, v):
    """Smooth periodic noise in [0, 1]; table (256, 256) float32."""
    x, y = (u - math.floor(u)) * 256.0, (v - math.floor(v)) * 256.0
    i, j = int(x), int(y)
    fx, fy = x - i, y - j
    i, j = i & 255, j & 255
    k, m = (i + 1) & 255, (j + 1) & 255
    return (table[j, i] * (1 - fx) + table[j, k] * fx) * (1 - fy) + (table[m, i] * (1 - fx) + table[m, k] * fx) * fy


@njit(**OPTIONS)
def clouds(table, u, v):
    """Three octaves of noise."""
    return (
        0.5 * noise(table, u, v)
        + 0.3 * noise(table, u * 2.13 + 0.3, v * 2.13 + 0.3)
        + 0.2 * noise(table, u * 4.37 + 0.7, v * 4.37 + 0.7)
    )


@njit(**OPTIONS)
def lit_share(shadow, clip, x, y, z):
    """Share in [0, 1] of the main light that reaches a point; 1 outside the shadow map."""
    size = shadow.shape[0]
    if size < 8:
        return 1.0
    w = clip[3, 0] * x + clip[3, 1] * y + clip[3, 2] * z + clip[3, 3]
    if w <= 0:
        return 1.0
    a = ((clip[0, 0] * x + clip[0, 1] * y + clip[0, 2] * z + clip[0, 3]) / w * 0.5 + 0.5) * size - 0.5
    b = ((clip[1, 0] * x + clip[1, 1] * y + clip[1, 2] * z + clip[1, 3]) / w * 0.5 + 0.5) * size - 0.5
    d = light_depth(clip, x, y, z, w) - 0.002
    if a < 0 or b < 0 or a >= size - 1 or b >= size - 1:
        return 1.0
    i, j = int(a), int(b)
    fx, fy = a - i, b - j
    s00 = 1.0 if d <= shadow[j, i] else 0.0
    s10 = 1.0 if d <= shadow[j, i + 1] else 0.0
    s01 = 1.0 if d <= shadow[j + 1, i] else 0.0
    s11 = 1.0 if d <= shadow[j + 1, i + 1] else 0.0
    return (s00 * (1 - fx) + s10 * fx) * (1 - fy) + (s01 * (1 - fx) + s11 * fx) * fy


@njit(**OPTIONS)
def reflect(infrared, light, eye, red, green, blue, nir, x, y, z, nx, ny, nz, share, gloss, retro, open_sky):
    """Light sent from a point towards the eye: (r, g, b), in infrared three times the same."""
    vx, vy, vz = eye[0] - x, eye[1] - y, eye[2] - z
    q = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
    vx, vy, vz = vx * q, vy * q, vz * q
    shine = 0.0
    if infrared:
        lx, ly, lz = light[li.LAMP] - x, light[li.LAMP + 1] - y, light[li.LAMP + 2] - z
        d2 = lx * lx + ly * ly + lz * lz
        q = 1.0 / math.sqrt(d2)
        lx, ly, lz = lx * q, ly * q, lz * q
        cosine = -(lx * light[li.BEAM] + ly * light[li.BEAM + 1] + lz * light[li.BEAM + 2])
        power = 0.0
        if cosine > 0:
            beam = math.exp(light[li.FOCUS] * math.log(cosine))
            power = light[li.POWER] * (beam + light[li.SPILL] * cosine) / d2 * share
        facing = max(nx * lx + ny * ly + nz * lz, 0.0)
        if gloss > 0:
            hx, hy, hz = lx + vx, ly + vy, lz + vz
            q = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz)
            shine = 0.25 * gloss * max((nx * hx + ny * hy + nz * hz) * q, 0.0) ** 20 * power
        if retro > 0:  # a retroreflector (tape, the eye's fundus) sends light back along the way it came
            along = max(lx * vx + ly * vy + lz * vz, 0.0)
            shine += retro * power * along**60 * facing
        value = nir * (facing * power * (0.5 + 0.5 * open_sky) + light[li.AMBIENT] * open_sky * (0.6 + 0.4 * ny))
        return value + shine, value + shine, value + shine
    facing = max(nx * light[li.SUN] + ny * light[li.SUN + 1] + nz * light[li.SUN + 2], 0.0) * share
    up = ny * 0.5 + 0.5
    if gloss > 0 and share > 0:
        hx, hy, hz = light[li.SUN] + vx, light[li.SUN + 1] + vy, light[li.SUN + 2] + vz
        q = 1.0 / math.sqrt(hx * hx + hy * hy + hz * hz)
        shine = max((nx * hx + ny * hy + nz * hz) * q, 0.0) ** 24 * share * gloss
    r = light[li.SUN_COLOUR] * facing + (light[li.GROUND] + (light[li.SKY] - light[li.GROUND]) * up) * open_sky
    g = light[li.SUN_COLOUR + 1] * facing
    g += (light[li.GROUND + 1] + (light[li.SKY + 1] - light[li.GROUND + 1]) * up) * open_sky
    b = light[li.SUN_COLOUR + 2] * facing
    b += (light[li.GROUND + 2] + (light[li.SKY + 2] - light[li.GROUND + 2]) * up) * open_sky
    return (
        red * r + shine * light[li.SUN_COLOUR],
        green * g + shine * light[li.SUN_COLOUR + 1],
        blue * b + shine * light[li.SUN_COLOUR + 2],
    )


@njit(**OPTIONS)
def texel(textures, linear, layer, u, v):
    """Bilinear linear-light colour of a texture."""
    size = textures.shape[1]
    fx, fy = (u - math.floor(u)) * size - 0.5, (1 - (v - math.floor(v))) * size - 0.5
    i, j = int(math.floor(fx)), int(math.floor(fy))
    fx, fy = fx - i, fy - j
    i0, i1, j0, j1 = i % size, (i + 1) % size, j % size, (j + 1) % size
    w00, w10, w01, w11 = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    t = textures[layer]
    red = w00 * linear[t[j0, i0, 0]] + w10 * linear[t[j0, i1, 0]] + w01 * linear[t[j1, i0, 0]]
    green = w00 * linear[t[j0, i0, 1]] + w10 * linear[t[j0, i1, 1]] + w01 * linear[t[j1, i0, 1]]
    blue = w00 * linear[t[j0, i0, 2]] + w10 * linear[t[j0, i1, 2]] + w01 * linear[t[j1, i0, 2]]
    return (
        red + w11 * linear[t[j1, i1, 0]],
        green + w11 * linear[t[j1, i1, 1]],
        blue + w11 * linear[t[j1, i1, 2]],
    )


@njit(**OPTIONS)
def pattern_share(table, kind, s, x, y, z):
    """Share in [0, 1] of a material's second colour at a rest position (dm)."""
    if kind == ma.STRIPES_ACROSS:
        return 1.0 if (y * s) % 1.0 >= 0.5 else 0.0
    if kind == ma.STRIPES_DOWN:
        return 1.0 if ((x + z * 0.4) * s) % 1.0 >= 0.5 else 0.0
    if kind == ma.CHECKS:
        return (0.5 if (y * s) % 1.0 >= 0.5 else 0.0) + (0.5 if ((x + z * 0.4) * s) % 1.0 >= 0.5 else 0.0)
    if kind == ma.PRINT:
        inside = z > 0.2 and abs(x) < 0.9 and 2.4 < y < 4.0
        return 1.0 if inside and noise(table, x * 0.23 * s, y * 0.23 * s) > 0.5 else 0.0
    if kind == ma.SLEEVES:
        return 1.0 if abs(x) > 2 + s else 0.0
    if kind == ma.BLOTCHES:
        return min(max((clouds(table, x * 0.12 * s + z * 0.07, y * 0.12 * s + z * 0.07) - 0.45) * 10, 0.0), 1.0)
    if kind == ma.LOWER_BLOCK:
        return 1.0 if y < 3.2 + s else 0.0
    if kind == ma.OPEN_FRONT:
        return 1.0 if z > 0.0 and abs(x) < s * (0.75 + 0.06 * (y - 3.0)) else 0.0
    if kind == ma.BANDS:
        return 1.0 if ((y + 0.35) % 2.4) < 0.45 * s else 0.0
    if kind == ma.DOTS:
        u, v = (x + 0.4 * z) * s, y * s
        shift = 0.5 if math.floor(v) % 2 else 0.0
        du, dv = (u + shift) % 1.0 - 0.5, v % 1.0 - 0.5
        return 1.0 if du * du + dv * dv < 0.07 else 0.0
    if kind == ma.SIDE_STRIPE:
        outside = abs(x) > 1.3 - 0.145 * y  # of the leg's middle, which slants outwards
        return 1.0 if outside and abs(z - 0.1) < 0.25 * s else 0.0
    if kind == ma.SIGN:
        u, v = math.floor(x * s * 4), math.floor(y * s * 2.2)
        return 1.0 if noise(table, u * 0.137 + 0.31 * v, v * 0.193) > 0.53 and (y * s * 2.2) % 1.0 < 0.6 else 0.0
    if kind == ma.WINDOWS:
        u, v = abs((x + z) * s % 1.0 - 0.5), abs(y * s * 0.8 % 1.0 - 0.5)
        return 1.0 if u < 0.3 and v < 0.33 else 0.0
    if kind == ma.LEAVES:
        return noise(table, x * 0.021 * s + z * 0.013 * s, y * 0.02 * s - z * 0.011 * s)
    return 0.0


@njit(**OPTIONS)
def textured(m, mode, red, green, blue, nir, tr, tg, tb):
    """Colour and NIR reflectance of material `m` under a texel (tr, tg, tb): its own colours, or only its detail."""
    relative = (0.2126 * tr + 0.7152 * tg + 0.0722 * tb) / m[ma.TEXTURE_LUMINANCE]
    detail = 1 + m[ma.DETAIL] * (min(max(relative, 0.12), 3.0) ** 0.55 - 1)
    if mode == ma.OWN_COLOURS:
        return tr * red, tg * green, tb * blue, nir * min(max(0.55 + 0.45 * detail, 0.3), 1.4)
    return red * detail, green * detail, blue * detail, nir * (0.35 + 0.65 * detail)


@njit(**OPTIONS)
def folded(table, m, kind, nx, ny, nz, rx, ry, rz):
    """A normal bent by material `m`'s quilting and folds at a rest position (dm); not of unit length."""
    fold = m[ma.FOLDS]
    if kind == ma.QUILTED:
        ny += 0.75 * math.cos(ry * m[ma.PATTERN_SCALE] * 6.2832)
    if fold > 0:
        u, v = rx * 0.085 + rz * 0.05, ry * 0.05 + rz * 0.03
        bump = noise(table, u + 0.013, v) - noise(table, u, v)
        fine = noise(table, u * 3.1 + 0.013, v * 3.1) - noise(table, u * 3.1, v * 3.1)
        lift = noise(table, v + 0.513, u + 0.5) - noise(table, v + 0.5, u + 0.5)
        nx += (bump + 0.3 * fine) * fold
        nz += (lift + 0.2 * fine) * fold
        ny += (lift - 0.3 * fine) * fold * 0.8
    return nx, ny, nz


@njit(**OPTIONS)
def shade(
    out, owner, bary, first, window, infrared, position, normal, rest, uv, material, triangles, materials, textures,
    linear, table, light, eye, shadow, shadow_clip,
):  # fmt: skip
    """Shade the pixels of `window` (x0, y0, x1, y1) that belong to one mesh into out (H, W, 3), linear light.

    rest (V, 4) float32: position at rest in dm, and 1 on a garment's hem.
    """
    count = triangles.shape[0]
    for y in range(window[1], window[3]):
        for x in range(window[0], window[2]):
            t = owner[y, x] - first
            if t < 0 or t >= count:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            q1, q2 = bary[y, x, 0], bary[y, x, 1]
            q0 = 1 - q1 - q2
            m = materials[material[a]]
            px = q0 * position[a, 0] + q1 * position[b, 0] + q2 * position[c, 0]
            py = q0 * position[a, 1] + q1 * position[b, 1] + q2 * position[c, 1]
            pz = q0 * position[a, 2] + q1 * position[b, 2] + q2 * position[c, 2]
            nx = q0 * normal[a, 0] + q1 * normal[b, 0] + q2 * normal[c, 0]
            ny = q0 * normal[a, 1] + q1 * normal[b, 1] + q2 * normal[c, 1]
            nz = q0 * normal[a, 2] + q1 * normal[b, 2] + q2 * normal[c, 2]
            rx = q0 * rest[a, 0] + q1 * rest[b, 0] + q2 * rest[c, 0]
            ry = q0 * rest[a, 1] + q1 * rest[b, 1] + q2 * rest[c, 1]
            rz = q0 * rest[a, 2] + q1 * rest[b, 2] + q2 * rest[c, 2]
            hem = q0 * rest[a, 3] + q1 * rest[b, 3] + q2 * rest[c, 3]
            mode, kind = int(m[ma.TEXTURE_MODE]), int(m[ma.PATTERN])
            k = pattern_share(table, kind, m[ma.PATTERN_SCALE], rx, ry, rz)
            red = m[ma.COLOUR_A] + (m[ma.COLOUR_B] - m[ma.COLOUR_A]) * k
            green = m[ma.COLOUR_A + 1] + (m[ma.COLOUR_B + 1] - m[ma.COLOUR_A + 1]) * k
            blue = m[ma.COLOUR_A + 2] + (m[ma.COLOUR_B + 2] - m[ma.COLOUR_A + 2]) * k
            nir = m[ma.NIR_A] + (m[ma.NIR_B] - m[ma.NIR_A]) * k
            if mode > 0:
                u = q0 * uv[a, 0] + q1 * uv[b, 0] + q2 * uv[c, 0]
                v = q0 * uv[a, 1] + q1 * uv[b, 1] + q2 * uv[c, 1]
                tr, tg, tb = texel(textures, linear, int(m[ma.TEXTURE_LAYER]), u, v)
                red, green, blue, nir = textured(m, mode, red, green, blue, nir, tr, tg, tb)
            if kind == ma.SKIN:
                f = clouds(table, rx * 0.35 + rz * 0.2, ry * 0.35 + rz * 0.2)
                g = 0.88 + 0.24 * f
                red, green, blue, nir = red * g, green * g, blue * g, nir * (0.94 + 0.12 * f)
            dark = 1 - m[ma.HEM] * min(hem * 1.5, 1.0)
            red, green, blue, nir = red * dark, green * dark, blue * dark, nir * dark
            q = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
            nx, ny, nz = nx * q, ny * q, nz * q
            if nx * (eye[0] - px) + ny * (eye[1] - py) + nz * (eye[2] - pz) < 0:
                nx, ny, nz = -nx, -ny, -nz
            nx, ny, nz = folded(table, m, kind, nx, ny, nz, rx, ry, rz)
            q = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
            nx, ny, nz = nx * q, ny * q, nz * q
            open_sky = min(max(0.8 + 0.225 * ny, 0.0), 1.0) * min(max(0.6 + py * 0.5, 0.6), 1.0)
            share = lit_share(shadow, shadow_clip, px + nx * 0.02, py + ny * 0.02, pz + nz * 0.02)
            retro = m[ma.RETRO] * (k if kind == ma.BANDS else 1.0)
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = reflect(
                infrared, light, eye, red, green, blue, min(nir, 1.0), px, py, pz, nx, ny, nz, share, m[ma.GLOSS],
                retro, open_sky,
            )  # fmt: skip


@njit(**OPTIONS)
def ground_pattern(kind, s, u, v):
    """Share of the second colour of a floor or wall at (u, v) metres."""
    if kind == pl.TILES:
        return 1.0 if max(abs((u * s) % 1.0 - 0.5), abs((v * s) % 1.0 - 0.5)) > 0.47 else 0.0
    if kind == pl.BRICKS:
        e = u * s + (0.5 if (v * s * 2) % 2.0 >= 1 else 0.0)
        return 1.0 if max(abs(e % 1.0 - 0.5), abs((v * s * 2) % 1.0 - 0.5)) > 0.44 else 0.0
    if kind == pl.PANELS:
        return 1.0 if (u * s) % 1.0 >= 0.5 else 0.0
    if kind == pl.PANES:
        return 0.0 if max(abs((u * s * 0.4) % 1.0 - 0.5), abs((v * s * 0.4) % 1.0 - 0.5)) > 0.36 else 1.0
    if kind == pl.LINES:
        return 1.0 if (u * s * 0.3) % 1.0 > 0.93 else 0.0
    if kind == pl.SHUTTER:
        return (v * s * 6) % 1.0
    return 0.0


@njit(**OPTIONS)
def beside_feet(feet, x, z):
    """Share of skylight that reaches the ground beside people's feet."""
    open_sky = 1.0
    for i in range(feet.shape[0]):
        d0, d1 = (x - feet[i, 0]) / feet[i, 2], (z - feet[i, 1]) / feet[i, 2]
        d = d0 * d0 + d1 * d1
        if d < 9:
            open_sky *= 1 - 0.55 * math.exp(-d)
    return open_sky


@njit(**OPTIONS)
def background(out, wanted, infrared, unproject, eye, surfaces, light, table, shadow, shadow_clip, feet):
    """Trace the ground plane, the walls and the sky into out (H, W, 3) where `wanted` (H, W) bool.

    surfaces (S, 16) float32: row 0 the ground, the others upright walls (see place.py); feet (F, 3): x, z, radius of
    the soft contact shadows.
    """
    height, width = wanted.shape
    for y in range(height):
        for x in range(width):
            if not wanted[y, x]:
                continue
            a, b = (x + 0.5) / width * 2 - 1, 1 - (y + 0.5) / height * 2
            w = unproject[3, 0] * a + unproject[3, 1] * b + unproject[3, 2] + unproject[3, 3]
            dx = (unproject[0, 0] * a + unproject[0, 1] * b + unproject[0, 2] + unproject[0, 3]) / w - eye[0]
            dy = (unproject[1, 0] * a + unproject[1, 1] * b + unproject[1, 2] + unproject[1, 3]) / w - eye[1]
            dz = (unproject[2, 0] * a + unproject[2, 1] * b + unproject[2, 2] + unproject[2, 3]) / w - eye[2]
            q = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz = dx * q, dy * q, dz * q
            distance, hit = SKY_DISTANCE, -1
            if dy < -1e-4 and -eye[1] / dy < distance:
                distance, hit = -eye[1] / dy, 0
            for i in range(1, surfaces.shape[0]):
                wall = surfaces[i]
                slope = dx * wall[pl.NORMAL] + dz * wall[pl.NORMAL + 1]
                if abs(slope) > 1e-5:
                    t = (wall[pl.OFFSET] - eye[0] * wall[pl.NORMAL] - eye[2] * wall[pl.NORMAL + 1]) / slope
                    if 0 < t < distance and eye[1] + dy * t < wall[pl.TOP]:
                        distance, hit = t, i
            if hit < 0:
                glow = 0.75 + 0.5 * clouds(table, dx * 0.7, dy * 1.4 + dz * 0.2)
                if infrared:
                    out[y, x, 0] = out[y, x, 1] = out[y, x, 2] = light[li.AMBIENT] * 0.02
                else:
                    for c in range(3):
                        out[y, x, c] = light[li.HORIZON + c] * glow
                continue
            s = surfaces[hit]
            px, py, pz = eye[0] + dx * distance, eye[1] + dy * distance, eye[2] + dz * distance
            if hit == 0:
                nx, ny, nz, u, v = 0.0, 1.0, 0.0, px, pz
            else:
                side = -1.0 if dx * s[pl.NORMAL] + dz * s[pl.NORMAL + 1] > 0 else 1.0
                nx, ny, nz = s[pl.NORMAL] * side, 0.0, s[pl.NORMAL + 1] * side
                u, v = pz * s[pl.NORMAL] - px * s[pl.NORMAL + 1], py
            k = ground_pattern(int(s[pl.KIND]), s[pl.SCALE], u, v)
            rough = clouds(table, u * 0.11 * s[pl.GRAIN], v * 0.11 * s[pl.GRAIN])
            near = min(6.0 / distance, 1.0)
            fine = 0.5 + (noise(table, u * 1.7, v * 1.7) - 0.5) * near
            shade_of = (0.7 + 0.6 * rough) * (0.85 + 0.3 * fine)
            open_sky = beside_feet(feet, px, pz) if hit == 0 else 1.0
            share = lit_share(shadow, shadow_clip, px + nx * 0.02, py + ny * 0.02, pz + nz * 0.02)
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = reflect(
                infrared, light, eye,
                (s[pl.FIRST] + (s[pl.SECOND] - s[pl.FIRST]) * k) * shade_of,
                (s[pl.FIRST + 1] + (s[pl.SECOND + 1] - s[pl.FIRST + 1]) * k) * shade_of,
                (s[pl.FIRST + 2] + (s[pl.SECOND + 2] - s[pl.FIRST + 2]) * k) * shade_of,
                (s[pl.FIRST + 3] + (s[pl.SECOND + 3] - s[pl.FIRST + 3]) * k) * shade_of,
                px, py, pz, nx, ny, nz, share, 0.0, 0.0, open_sky,
            )  # fmt: skip
