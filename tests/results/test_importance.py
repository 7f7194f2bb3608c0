"""Importances, where they are known."""

import numpy as np
import pytest

from lstm_research.results.importance import _leaves, _of_tree, fanova, ped_anova, unit

POINTS = np.random.default_rng(0).random((400, 3))


def test_fanova_of_a_sum_and_of_a_product():
    """2 x + y: variances 4 and 1. (x - 1/2)(y - 1/2): all of it interaction."""
    pytest.importorskip("sklearn")
    values = 2 * POINTS[:, 0] + POINTS[:, 1]
    found, known = fanova(POINTS, values)
    np.testing.assert_allclose(found, [0.8, 0.2, 0.0], atol=0.06)
    assert known > 0.9
    np.testing.assert_allclose(fanova(POINTS, 1e-9 * values)[0], found, atol=0.01)  # of any scale
    found, _ = fanova(POINTS, (POINTS[:, 0] - 0.5) * (POINTS[:, 1] - 0.5))
    assert found.sum() < 0.25
    assert np.isnan(fanova(POINTS, np.ones(400))[0]).all()


def test_a_forest_that_knows_nothing_says_so():
    """Of noise fields have shares as of anything else; R2 tells."""
    pytest.importorskip("sklearn")
    shares, known = fanova(POINTS[:40], np.random.default_rng(1).normal(size=40))
    assert shares.sum() > 0.3
    assert known < 0.1


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


def test_ped_anova_finds_what_the_best_have_in_common():
    order = np.argsort(np.abs(POINTS[:, 1] - 0.3)).tolist()
    found = ped_anova(POINTS, order, 395)
    assert found.sum() == pytest.approx(1)
    assert found[1] > 0.9


def test_what_diverged_is_never_among_the_best():
    """Fails where the best quarter is filled up with it: four have a value, and lie together on the second axis."""
    order = np.argsort(POINTS[:, 1]).tolist()
    assert ped_anova(POINTS, order, 4)[1] > 0.6
    assert np.isnan(ped_anova(POINTS, order, 3)).all()


def test_places_are_ranks_and_equal_values_are_one():
    found = unit([[0.1, 1e-5, 0.1, 3], ["adam", "sgd", "adam", "adam"], [True, False, True, True]])
    np.testing.assert_allclose(found[:, 0], [0.5, 1 / 6, 0.5, 5 / 6])
    np.testing.assert_allclose(found[:, 1], [0.25, 0.75, 0.25, 0.25])
    np.testing.assert_allclose(found[:, 2], [0.75, 0.25, 0.75, 0.75])
    # Numbers stay in their order where some are missing.
    np.testing.assert_allclose(unit([[128, 16, None, 1e-5, 0.001]])[:, 0], [0.7, 0.5, 0.9, 0.1, 0.3])
