"""Kernels that move vertices: bone matrices, linear blend skinning, vertex normals."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

OPTIONS = {"cache": True, "fastmath": True, "error_model": "numpy"}


@njit(**OPTIONS)
def bone_matrices(parents, heads, local):
    """Skinning matrices of a pose.

    heads (B, 3) float64 joints at rest; local (B, 3, 3) rotations about world axes, R_b = R_parent · L_b.
    Returns (B, 3, 4) float32 rest → posed and (B, 3) float64 posed joints.
    """
    count = parents.shape[0]
    matrices = np.empty((count, 3, 4), np.float32)
    rotation = np.empty((count, 3, 3))
    joint = np.empty((count, 3))
    for i in range(count):
        p = parents[i]
        if p < 0:
            rotation[i] = local[i]
            joint[i] = heads[i]
        else:
            rotation[i] = rotation[p] @ local[i]
            joint[i] = joint[p] + rotation[p] @ (heads[i] - heads[p])
        shift = joint[i] - rotation[i] @ heads[i]
        for r in range(3):
            for c in range(3):
                matrices[i, r, c] = rotation[i, r, c]
            matrices[i, r, 3] = shift[r]
    return matrices, joint


@njit(**OPTIONS)
def skin(vertices, bones, weights, matrices):
    """Linear blend skinning: (N, 3) float32 of vertices (N, 3), bones (N, 4), weights (N, 4)."""
    out = np.empty_like(vertices)
    for i in range(vertices.shape[0]):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        a = b = c = np.float32(0.0)
        for k in range(4):
            w = weights[i, k]
            if w > 0:
                m = matrices[bones[i, k]]
                a += w * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3])
                b += w * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3])
                c += w * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3])
        out[i, 0], out[i, 1], out[i, 2] = a, b, c
    return out


@njit(**OPTIONS)
def vertex_normals(vertices, faces):
    """Area-weighted unit normals (N, 3) of a triangle mesh."""
    normals = np.zeros_like(vertices)
    for i in range(faces.shape[0]):
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        wx, wy, wz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for v in (a, b, c):
            normals[v, 0] += nx
            normals[v, 1] += ny
            normals[v, 2] += nz
    for i in range(normals.shape[0]):
        length = math.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2) + 1e-12
        normals[i, 0] /= length
        normals[i, 1] /= length
        normals[i, 2] /= length
    return normals


@njit(**OPTIONS)
def gather(values, index):
    """values[index] for (N, 3) float32."""
    out = np.empty((index.shape[0], 3), np.float32)
    for i in range(index.shape[0]):
        for k in range(3):
            out[i, k] = values[index[i], k]
    return out
