"""What errors of a fit do to what is worked out from its responsibilities.

A mean by class depends on the parameters of the fit by way of the responsibilities. The influence
of an annotator on the parameters is its score times the inverse information; its influence on the
mean is the sum of what it is given the parameters and what it is by way of them (Bakk, Oberski and
Vermunt 2014, Relating latent class assignments to external variables: standard errors for correct
inference, Political Analysis 22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._inference.closeness import close_classes
from prefmath.models._inference.information import inverse_information, reported
from prefmath.models._likelihood.products import cross_sum
from prefmath.models._likelihood.unit_scores import unit_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.point import Point
    from prefmath.models._likelihood.parameters import Parameters

    _F64 = NDArray[np.float64]

__all__ = ["FirstStep"]


class FirstStep:
    """The fit of latent classes whose responsibilities are taken up.

    `close` says which classes are not clear of another one.
    """

    def __init__(self, point: Point, parameters: Parameters) -> None:
        self._point = point
        information = point.problem.information(point.state, outer=False)
        self._inverse = inverse_information(information, point, parameters)
        n_items = 0 if point.utility.linear is not None else point.utility.n_coef
        reference = np.ones(n_items, np.bool_)
        image = reported(point, reference, self._inverse)
        covariance = reported(point, reference, image.T)
        known = np.ones(point.params.shape, np.bool_)
        self.close = close_classes(point.params, covariance, known)

    def variance(
        self,
        residuals: _F64,
        weights: _F64,
        inverse: _F64,
        mean: _F64,
        gamma: _F64,
        counts: _F64,
    ) -> _F64:
        """Return the variance of means by class, (n_numbers, n_classes).

        With the residuals of each annotator, (n, n_numbers), and its `weights`, (n, n_classes): the
        responsibilities times the `inverse` of the sum of their outer products.
        """
        point = self._point
        data, (n_classes, n_parameters) = point.problem.data, point.params.shape
        n_numbers = residuals.shape[1]
        n = n_classes * n_parameters
        slopes = np.zeros((n_numbers * n_classes, n + n_classes))
        for units, scores in unit_scores(point.utility, data, point.params):
            # By the responsibility z of an annotator the mean k of number l changes by
            # residual l times inverse[k, z], less weight k times mean[l, z].
            change = np.einsum("al,kz->azlk", residuals[units], inverse)
            change -= np.einsum("ak,lz->azlk", weights[units], mean)
            change = change.reshape(len(scores), n_classes, -1) * counts[units, None, None]
            share = gamma[units]
            change -= np.einsum("az,azm->am", share, change)[:, None]
            change *= share[:, :, None]
            for z in range(n_classes):
                of_class = np.ascontiguousarray(change[:, z])
                block = slice(z * n_parameters, (z + 1) * n_parameters)
                slopes[:, block] += cross_sum(of_class, np.ascontiguousarray(scores[:, z]), 1)
                slopes[:, n + z] += of_class.sum(axis=0)
        image = slopes @ self._inverse
        total, squares = np.zeros(len(slopes)), np.zeros(len(slopes))
        for units, scores in unit_scores(point.utility, data, point.params):
            share = gamma[units]
            of_params = (share[:, :, None] * scores).reshape(len(scores), n)
            of_fit = np.append(of_params, share - point.state.mixing, axis=1) @ image.T
            direct = residuals[units][:, :, None] * weights[units][:, None, :]
            influence = direct.reshape(of_fit.shape) + of_fit
            total += counts[units] @ influence
            squares += counts[units] @ np.square(influence)
        n_people = counts.sum()
        variance: _F64 = (squares - total**2 / n_people) * n_people / (n_people - 1)
        return np.maximum(variance, 0).reshape(n_numbers, n_classes)
