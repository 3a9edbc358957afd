"""Classes that are not clear of each other are marked wherever their errors are told."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath.models import ChoiceMixture, bootstrap, class_profiles, disagreement
from prefmath.models._inference.closeness import close_classes, distance
from test_class_profiles import fitted, studied


@pytest.mark.parametrize("robust", [True, False])
def test_classes_that_hardly_differ_are_marked(robust):
    for gap, close in ((1.2, False), (0.3, True)):
        choices, _ = studied(0, gap=gap)
        model = fitted(choices, l2=1e-2, tol=1e-8)
        found = model.uncertainty(choices, robust=robust)
        marks = np.append(found.marks.ravel(), found.weights_marks)
        assert ("close classes" in marks) == close
        assert (marks != "").all() == close
        assert ("not clear of each other" in repr(found)) == close
        told = disagreement(model, uncertainty=found)
        assert ("not clear of each other" in repr(told)) == ("close classes" in found.marks)


def test_resamples_and_profiles_tell_it_too():
    for gap, close in ((1.2, False), (0.3, True)):
        choices, _ = studied(0, gap=gap)
        model = fitted(choices, l2=1e-2, tol=1e-8)
        found = bootstrap(model, choices, n_resamples=60, random_state=0)
        assert (found.weights_marks == "close classes").all() == close
        assert ("not clear of each other" in repr(found)) == close
        profiles = class_profiles(model, {"x": np.arange(300) % 2}, choices=choices)
        assert (profiles.marks != "").all() == close


def test_one_class_is_close_to_none():
    choices, _ = studied(0)
    model = ChoiceMixture().fit(choices)
    assert (model.uncertainty(choices).marks == "").all()
    assert (bootstrap(model, choices, n_resamples=10, random_state=0).marks == "").all()


def test_the_distance_is_that_of_mahalanobis_by_its_degrees_of_freedom():
    rng = np.random.default_rng(0)
    root, difference = rng.standard_normal((5, 5)), rng.standard_normal(5)
    covariance = root @ root.T
    expected = difference @ np.linalg.solve(covariance, difference) / 5
    assert distance(difference, covariance) == pytest.approx(expected)
    unit = 10.0 ** np.array([-8, 8, 0, 3, -3])
    scaled = distance(difference * unit, covariance * unit * unit[:, None])
    assert scaled == pytest.approx(expected)
    # What is 0 by definition, as the mean over items, is no degree of freedom.
    center = np.eye(5) - 0.2
    centered = distance(center @ difference, center @ covariance @ center)
    inverse = np.linalg.pinv(center @ covariance @ center)
    assert centered == pytest.approx(difference @ center @ inverse @ center @ difference / 4)
    assert distance(np.zeros(2), np.zeros((2, 2))) == 0


def test_a_class_is_clear_only_if_it_is_so_of_all_others():
    params = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0]])
    known = np.ones((3, 2), np.bool_)
    assert close_classes(params, 0.25 * np.eye(6), known).tolist() == [True, True, False]
    known[:2] = [False, True]
    params[1, 0] = 1e9
    assert close_classes(params, 0.25 * np.eye(6), known).tolist() == [True, True, False]
