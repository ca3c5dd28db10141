"""Visibility: a z-buffer of triangle numbers, per-person coverage, and shadow maps. Kernels only.

Screen vertices are (x pixels, y pixels, biased 1/w, 1/w); larger 1/w is nearer. The bias draws outer garments over
inner ones where two thin layers would poke through each other.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from training.synthetic.materials import ALPHA, DEPTH_BIAS, TEXTURE_LAYER, TEXTURE_MODE

OPTIONS = {"cache": True, "fastmath": True, "error_model": "numpy"}
NEAR = 0.1  # metres


@njit(**OPTIONS)
def project(position, material, materials, clip, eye, width, height):
    """Screen vertices (V, 4) float32 of world positions (V, 3); clip is the (4, 4) view-projection."""
    screen = np.empty((position.shape[0], 4), np.float32)
    for i in range(position.shape[0]):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        w = clip[3, 0] * x + clip[3, 1] * y + clip[3, 2] * z + clip[3, 3]
        if w < NEAR:
            screen[i, 0], screen[i, 1], screen[i, 2], screen[i, 3] = 0.0, 0.0, 0.0, -1.0
            continue
        a = clip[0, 0] * x + clip[0, 1] * y + clip[0, 2] * z + clip[0, 3]
        b = clip[1, 0] * x + clip[1, 1] * y + clip[1, 2] * z + clip[1, 3]
        ex, ey, ez = eye[0] - x, eye[1] - y, eye[2] - z
        step = materials[material[i], DEPTH_BIAS] / math.sqrt(ex * ex + ey * ey + ez * ez)
        near = clip[3, 0] * (x + ex * step) + clip[3, 1] * (y + ey * step) + clip[3, 2] * (z + ez * step) + clip[3, 3]
        screen[i, 0] = (a / w * 0.5 + 0.5) * width
        screen[i, 1] = (0.5 - b / w * 0.5) * height
        screen[i, 2] = 1.0 / near
        screen[i, 3] = 1.0 / w
    return screen


@njit(**OPTIONS)
def dither(x, y):
    """A fixed pseudo-random number in [0, 1] per pixel, for cut-out hair."""
    n = (x * 73856093) ^ (y * 19349663)
    n = (n ^ (n >> 13)) * 1274126177
    return ((n ^ (n >> 16)) & 1023) / 1023.0


@njit(**OPTIONS)
def alpha_at(textures, layer, u, v):
    """Opacity in [0, 1] of the nearest texel."""
    size = textures.shape[1]
    x = int((u - math.floor(u)) * size) % size
    y = int((1 - (v - math.floor(v))) * size) % size
    return textures[layer, y, x, 3] / 255.0


@njit(**OPTIONS)
def draw(screen, triangles, uv, material, materials, textures, first, person, depth, owner, bary, stamp, extent):
    """Draw one mesh into the buffers.

    depth (H, W) float32, owner (H, W) int32 triangle numbers from `first`, bary (H, W, 2) float32.
    stamp (H, W) int32 remembers which person last covered a pixel, seen or not; extent (5,) int64 grows to the box
    x0, y0, x1, y1 (inclusive) and the number of pixels this person covers without regard to what stands in front.
    """
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if screen[a, 3] <= 0 or screen[b, 3] <= 0 or screen[c, 3] <= 0:
            continue
        x0, y0, x1, y1 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        x2, y2 = screen[c, 0], screen[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0:
            continue
        left, right = min(x0, min(x1, x2)), max(x0, max(x1, x2))
        top, bottom = min(y0, min(y1, y2)), max(y0, max(y1, y2))
        if right < 0 or bottom < 0 or left >= width or top >= height:
            continue
        left, right = max(0, int(math.ceil(left - 0.5))), min(width - 1, int(math.floor(right - 0.5)))
        top, bottom = max(0, int(math.ceil(top - 0.5))), min(height - 1, int(math.floor(bottom - 0.5)))
        inverse = 1.0 / area
        cut_out = materials[material[a], TEXTURE_MODE] == ALPHA
        layer = int(materials[material[a], TEXTURE_LAYER])
        for y in range(top, bottom + 1):
            py = y + 0.5
            for x in range(left, right + 1):
                px = x + 0.5
                w1 = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) * inverse
                w2 = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) * inverse
                w0 = 1.0 - w1 - w2
                if w0 < 0 or w1 < 0 or w2 < 0:
                    continue
                z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                hidden = z <= depth[y, x]
                if hidden and stamp[y, x] == person:
                    continue
                q0, q1, q2 = w0 * screen[a, 3], w1 * screen[b, 3], w2 * screen[c, 3]
                scale = 1.0 / (q0 + q1 + q2)
                q0, q1, q2 = q0 * scale, q1 * scale, q2 * scale
                if cut_out:
                    u = q0 * uv[a, 0] + q1 * uv[b, 0] + q2 * uv[c, 0]
                    v = q0 * uv[a, 1] + q1 * uv[b, 1] + q2 * uv[c, 1]
                    if alpha_at(textures, layer, u, v) < 0.15 + 0.5 * dither(x, y):
                        continue
                if stamp[y, x] != person:
                    stamp[y, x] = person
                    extent[0], extent[1] = min(extent[0], x), min(extent[1], y)
                    extent[2], extent[3] = max(extent[2], x), max(extent[3], y)
                    extent[4] += 1
                if not hidden:
                    depth[y, x] = z
                    owner[y, x] = first + t
                    bary[y, x, 0] = q1
                    bary[y, x, 1] = q2


@njit(**OPTIONS)
def light_depth(clip, x, y, z, w):
    """Depth from the light that grows evenly with distance: .05 per metre from a lamp, [0, 1] from the sun."""
    if clip[3, 0] != 0 or clip[3, 1] != 0 or clip[3, 2] != 0:
        return 0.05 * w
    return (clip[2, 0] * x + clip[2, 1] * y + clip[2, 2] * z + clip[2, 3]) * 0.5 + 0.5


@njit(**OPTIONS)
def draw_shadow(position, triangles, clip, shadow):
    """Draw one mesh into a shadow map (S, S) float32 of depths (see light_depth) from the light through `clip`."""
    size = shadow.shape[0]
    perspective = clip[3, 0] != 0 or clip[3, 1] != 0 or clip[3, 2] != 0
    spot = np.empty((position.shape[0], 4), np.float32)
    for i in range(position.shape[0]):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        w = clip[3, 0] * x + clip[3, 1] * y + clip[3, 2] * z + clip[3, 3]
        spot[i, 3] = w
        if w <= NEAR:
            continue
        spot[i, 0] = ((clip[0, 0] * x + clip[0, 1] * y + clip[0, 2] * z + clip[0, 3]) / w * 0.5 + 0.5) * size
        spot[i, 1] = ((clip[1, 0] * x + clip[1, 1] * y + clip[1, 2] * z + clip[1, 3]) / w * 0.5 + 0.5) * size
        spot[i, 2] = light_depth(clip, x, y, z, w)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if spot[a, 3] <= NEAR or spot[b, 3] <= NEAR or spot[c, 3] <= NEAR:
            continue
        x0, y0, x1, y1 = spot[a, 0], spot[a, 1], spot[b, 0], spot[b, 1]
        x2, y2 = spot[c, 0], spot[c, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0:
            continue
        left, right = max(0, int(min(x0, min(x1, x2)))), min(size - 1, int(max(x0, max(x1, x2))))
        top, bottom = max(0, int(min(y0, min(y1, y2)))), min(size - 1, int(max(y0, max(y1, y2))))
        low, high = min(spot[a, 2], min(spot[b, 2], spot[c, 2])), max(spot[a, 2], max(spot[b, 2], spot[c, 2]))
        inverse = 1.0 / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1 = ((x + 0.5 - x0) * (y2 - y0) - (x2 - x0) * (y + 0.5 - y0)) * inverse
                w2 = ((x1 - x0) * (y + 0.5 - y0) - (x + 0.5 - x0) * (y1 - y0)) * inverse
                if w1 < -0.3 or w2 < -0.3 or w1 + w2 > 1.3:
                    continue
                w0 = 1.0 - w1 - w2
                if perspective:  # distance is the harmonic mean
                    z = 1.0 / max(w0 / spot[a, 2] + w1 / spot[b, 2] + w2 / spot[c, 2], 1e-6)
                else:
                    z = w0 * spot[a, 2] + w1 * spot[b, 2] + w2 * spot[c, 2]
                shadow[y, x] = min(shadow[y, x], min(max(z, low), high))


@njit(**OPTIONS)
def merge(surface, owner, image, oversample):
    """Mix the covered samples of surface (sH, sW, 3), s×s per pixel, into image (H, W, 3)."""
    height, width = image.shape[0], image.shape[1]
    share = 1.0 / (oversample * oversample)
    for y in range(height):
        for x in range(width):
            red = green = blue = np.float32(0.0)
            empty = 0
            for j in range(y * oversample, (y + 1) * oversample):
                for i in range(x * oversample, (x + 1) * oversample):
                    if owner[j, i] >= 0:
                        red += surface[j, i, 0]
                        green += surface[j, i, 1]
                        blue += surface[j, i, 2]
                    else:
                        empty += 1
            if empty < oversample * oversample:
                image[y, x, 0] = (red + empty * image[y, x, 0]) * share
                image[y, x, 1] = (green + empty * image[y, x, 1]) * share
                image[y, x, 2] = (blue + empty * image[y, x, 2]) * share
