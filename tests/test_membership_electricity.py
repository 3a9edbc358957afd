"""Membership on the choices of electricity suppliers, against what lcl-choice finds there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from prefmath import Choices
from prefmath.models import ChoiceMixture

ATTRIBUTES = ["pf", "cl", "loc", "wk", "tod", "seas"]
# lcl-choice 0.1.46, lcl.LCLSpec(..., membership=["z"], classes=2 and 3), the best of seeds 0 to 2
# with starts=1: unconditional_loglik; thetas have the intercept and z of each class relative to
# one, here class 1 of 2 and class 2 of 3.
FOUND = {
    2: (-4521.045891178983, [[-0.22611264, 0.46233486], [0.0, 0.0]]),
    3: (
        -4284.817913735263,
        [[-0.04882397, 0.37828629], [-0.64037243, 0.86695203], [0.0, 0.0]],
    ),
}


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_agrees_with_lcl_choice(data_dir, n_classes):
    path = data_dir / "electricity" / "electricity.csv.gz"
    if not path.is_file():
        pytest.skip(f"no real data at {path}")
    rows = pd.read_csv(path)
    n = len(rows) // 4
    chosen = rows["choice"].to_numpy().reshape(n, 4).argmax(axis=1)
    who = rows["id"].to_numpy()[::4]
    choices = Choices.from_choice_sets(
        np.arange(0, 4 * n + 1, 4), np.arange(4 * n), chosen, annotator=who
    )
    # A covariate that is simulated: a wave, and how often somebody chose a local supplier.
    local = pd.Series(rows["loc"].to_numpy().reshape(n, 4)[np.arange(n), chosen])
    often = local.groupby(who).mean()
    frame = pd.DataFrame({"z": np.sin(12.9898 * often.index.to_numpy()) + 3 * often})
    model = ChoiceMixture(n_classes, l2=0, tol=1e-9, random_state=0)
    model.fit(choices, rows[ATTRIBUTES].to_numpy(np.float64), membership=frame)
    log_likelihood, coef = FOUND[n_classes]
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=1e-7)
    told = model.membership_.coef
    np.testing.assert_allclose(told - told[-1], coef, atol=1e-4)
