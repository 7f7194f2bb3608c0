"""Importances, where they are known."""

import math

import numpy as np
import pytest

from lstm_research.results.importance import _leaves, _of_tree, fanova, ped_anova, unit

POINTS = np.random.default_rng(0).random((400, 3))


def test_fanova_of_a_sum_and_of_a_product():
    """2 x + y: variances 4 and 1. (x - 1/2)(y - 1/2): all of it interaction."""
    pytest.importorskip("sklearn")
    found = fanova(POINTS, 2 * POINTS[:, 0] + POINTS[:, 1])
    np.testing.assert_allclose(found, [0.8, 0.2, 0.0], atol=0.06)
    found = fanova(POINTS, (POINTS[:, 0] - 0.5) * (POINTS[:, 1] - 0.5))
    assert found.sum() < 0.25
    assert np.isnan(fanova(POINTS, np.ones(400))).all()


def test_marginals_of_a_tree_are_those_of_its_predictions():
    """On a fine grid, by adding up."""
    trees = pytest.importorskip("sklearn.tree")
    values = np.sin(5 * POINTS[:, 0]) * (1 + POINTS[:, 1])
    tree = trees.DecisionTreeRegressor(max_leaf_nodes=9, random_state=0).fit(POINTS[:, :2], values)
    grid = (np.arange(400) + 0.5) / 400
    seen = tree.predict(np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)).reshape(400, 400)
    shares = [seen.mean(axis=1).var() / seen.var(), seen.mean(axis=0).var() / seen.var()]
    np.testing.assert_allclose(_of_tree(tree.tree_, 2), shares, atol=0.01)
    boxes, _ = _leaves(tree.tree_, 2)
    assert (boxes[..., 1] - boxes[..., 0]).prod(axis=1).sum() == pytest.approx(1)


@pytest.mark.parametrize("higher", [True, False])
def test_ped_anova_finds_what_the_best_have_in_common(higher):
    values = (1 if higher else -1) * -np.abs(POINTS[:, 1] - 0.3)
    values[np.argsort(POINTS[:, 1])[-5:]] = math.nan
    found = ped_anova(POINTS, values, higher)
    assert found.sum() == pytest.approx(1)
    assert found[1] > 0.9


def test_places_are_ranks_and_equal_values_are_one():
    found = unit([[0.1, 1e-5, 0.1, 3], ["adam", "sgd", "adam", "adam"], [True, False, True, True]])
    np.testing.assert_allclose(found[:, 0], [0.5, 1 / 6, 0.5, 5 / 6])
    np.testing.assert_allclose(found[:, 1], [0.25, 0.75, 0.25, 0.25])
    np.testing.assert_allclose(found[:, 2], [0.75, 0.25, 0.75, 0.75])
