"""Try the installed package and nothing else: python .ci/smoke.py native|numba, the backend due."""

from __future__ import annotations

import contextlib
import io
import sys
from importlib.metadata import requires

import numpy as np

import prefmath
from prefmath.models import ChoiceMixture

backend = sys.argv[1]

prefmath.show_versions()
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    prefmath.show_versions()
if f"backend          {backend} (" not in printed.getvalue():
    sys.exit(f"the backend is not {backend}")

needed = [line for line in requires("prefmath") or [] if "extra ==" not in line]
due = {"native": ["numpy"], "numba": ["numba", "numpy"]}[backend]
if sorted(line.partition(">=")[0] for line in needed) != due:
    sys.exit(f"the package depends on {needed}, not on {due} alone")

rng = np.random.default_rng(0)
chosen = prefmath.select(rng.standard_normal((50, 8), dtype=np.float32), 4)
if len(set(chosen.indices.tolist())) != 4:
    sys.exit(f"select gave {chosen}")

winner = rng.integers(0, 5, 400)
loser = (winner + rng.integers(1, 5, 400)) % 5
winner, loser = np.minimum(winner, loser), np.maximum(winner, loser)  # the lower number wins
model = ChoiceMixture(random_state=0).fit(prefmath.Choices.from_pairs(winner, loser))
if np.argmax(model.coef_[0]) != 0:
    sys.exit(f"fit gave {model.coef_}")
print("select and fit work")
