"""Latent classes by Adam on the whole batch, from one start: what one writes without a library."""

from __future__ import annotations

import numpy as np

STEPS, RATE = 100, 0.02


def start(data):
    """Coefficients and logits of the mixing proportions to begin with."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.01, data.coef.shape).astype(np.float32), np.zeros(len(data.coef))


def in_torch(data):
    """Return the best penalised log-likelihood that Adam comes by."""
    import torch

    coef, logits = (torch.tensor(x, dtype=torch.float32) for x in start(data))
    coef.requires_grad_()
    logits.requires_grad_()
    features = torch.from_numpy(np.asarray(data.features, np.float32))
    own = len(data.items) == len(features)
    items = torch.from_numpy(data.items.astype(np.int64))
    chosen = torch.from_numpy(data.chosen.astype(np.int64))
    n_people = len(data.annotator_offsets) - 1
    person = torch.from_numpy(np.repeat(np.arange(n_people), np.diff(data.annotator_offsets)))
    optimizer = torch.optim.Adam([coef, logits], lr=RATE)
    best = -np.inf
    for _ in range(STEPS):
        optimizer.zero_grad()
        utility = features @ coef.T
        utility = (utility if own else utility[items]).reshape(-1, data.size, len(coef))
        each = torch.log_softmax(utility, dim=1)[torch.arange(len(chosen)), chosen]
        joint = torch.zeros(n_people, len(coef)).index_add(0, person, each)
        joint = joint + torch.log_softmax(logits, dim=0)
        objective = torch.logsumexp(joint, dim=1).double().sum()
        objective = objective - data.l2 / 2 * (coef**2).sum()
        best = max(best, objective.item())
        (-objective).backward()
        optimizer.step()
    return best


def in_numpy(steps):
    """The same by hand, for so many steps."""

    def run(data):
        coef, logits = start(data)
        n_people = len(data.annotator_offsets) - 1
        first = data.annotator_offsets[:-1]
        own = len(data.items) == len(data.features)
        moments = np.zeros((2, coef.size + logits.size))
        for step in range(1, steps + 1):
            utility = data.features @ coef.T
            utility = (utility if own else utility[data.items]).reshape(-1, data.size, len(coef))
            utility -= utility.max(axis=1, keepdims=True)
            chance = np.exp(utility)
            total = chance.sum(axis=1)
            chance /= total[:, None]
            every = np.arange(len(data.chosen))
            each = utility[every, data.chosen] - np.log(total)
            proportions = np.exp(logits - logits.max())
            proportions /= proportions.sum()
            joint = np.add.reduceat(each, first, axis=0, dtype=np.float64) + np.log(proportions)
            joint = np.exp(joint - joint.max(axis=1, keepdims=True))
            joint /= joint.sum(axis=1, keepdims=True)
            weight = np.repeat(joint, np.diff(data.annotator_offsets), axis=0).astype(np.float32)
            residual = -chance * weight[:, None]
            residual[every, data.chosen] += weight
            residual = residual.reshape(-1, len(coef))
            if not own:
                on_table = np.empty((len(data.features), len(coef)))
                for z in range(len(coef)):
                    on_table[:, z] = np.bincount(data.items, residual[:, z], len(data.features))
                residual = on_table.astype(np.float32)
            of_coef = residual.T @ data.features - data.l2 * coef
            of_logits = joint.sum(axis=0) - n_people * proportions
            gradient = np.concatenate([of_coef.ravel(), of_logits])
            moments[0] += 0.1 * (gradient - moments[0])
            moments[1] += 0.001 * (gradient**2 - moments[1])
            mean, square = moments[0] / (1 - 0.9**step), moments[1] / (1 - 0.999**step)
            move = RATE * mean / (np.sqrt(square) + 1e-8)
            coef = coef + move[: coef.size].reshape(coef.shape).astype(np.float32)
            logits = logits + move[coef.size :]

    return run
