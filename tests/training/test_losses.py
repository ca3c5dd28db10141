"""The equations against hand-worked cases and slow, obvious oracles."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from engine.errors import UsageError
from training import losses


def test_soft_labels_are_those_of_eq_10() -> None:
    logits = torch.tensor([[2.0, 0.5, -1.0, 0.0]])
    log_p = logits.log_softmax(1)[0]
    epsilon, n = 0.1, 4
    q = [1 - (n - 1) / n * epsilon if k == 2 else epsilon / n for k in range(n)]
    by_hand = -sum(weight * float(value) for weight, value in zip(q, log_p, strict=True))
    assert float(losses.identity_loss(logits, torch.tensor([2]), epsilon)) == pytest.approx(by_hand, abs=1e-6)


def slow_triplet(vectors: torch.Tensor, labels: list[int], margin: float) -> float:
    """Eq. (11) by loops over anchors, with the hardest positive and negative."""
    terms = []
    for a, label in enumerate(labels):
        distances = [math.dist(vectors[a].tolist(), other.tolist()) for other in vectors]
        positives = [d for i, d in enumerate(distances) if labels[i] == label and i != a]
        negatives = [d for i, d in enumerate(distances) if labels[i] != label]
        terms.append(max(0.0, margin + max(positives) - min(negatives)))
    return sum(terms) / len(terms)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), people=st.integers(2, 5), each=st.integers(2, 4))
def test_triplet_loss_is_eq_11_with_the_hardest_examples(seed: int, people: int, each: int) -> None:
    torch.manual_seed(seed)
    vectors = torch.randn(people * each, 6)
    labels = [person for person in range(people) for _ in range(each)]
    fast = float(losses.triplet_loss(vectors, torch.tensor(labels), 0.3))
    assert fast == pytest.approx(slow_triplet(vectors, labels, 0.3), abs=1e-4)


def test_triplet_loss_has_a_finite_gradient_where_vectors_coincide() -> None:
    vectors = torch.zeros(4, 3, requires_grad=True)
    losses.triplet_loss(vectors, torch.tensor([0, 0, 1, 1]), 0.3).backward()
    assert torch.isfinite(vectors.grad).all()


def test_adversarial_losses_by_hand() -> None:
    scores = torch.tensor([0.0, 2.0])
    d = [1 / (1 + math.exp(-s)) for s in scores.tolist()]
    assert float(losses.adversarial_loss(scores, True)) == pytest.approx(-sum(map(math.log, d)) / 2, abs=1e-6)
    by_hand = -sum(math.log(1 - p) for p in d) / 2
    assert float(losses.adversarial_loss(scores, False)) == pytest.approx(by_hand, abs=1e-6)
    assert float(losses.adversarial_loss(scores, True, "least-squares")) == pytest.approx((1 + 1) / 2)
    with pytest.raises(UsageError, match="no adversarial loss"):
        losses.adversarial_loss(scores, True, "wasserstein")


def test_reductions_of_the_map_distance_differ_by_the_size_of_the_map_only() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(3, 5, 4, 2), torch.randn(3, 5, 4, 2)
    total = float(losses.map_distance(a, b, "sum"))
    assert total == pytest.approx(float((a - b).pow(2).sum()) / 3, rel=1e-5)
    assert float(losses.map_distance(a, b, "channels")) == pytest.approx(total / (4 * 2), rel=1e-5)
    assert float(losses.map_distance(a, b, "mean")) == pytest.approx(total / (5 * 4 * 2), rel=1e-5)
