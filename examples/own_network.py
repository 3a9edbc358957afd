"""Train a small PyTorch network on embeddings through prefmath's likelihood of choices.

Usage: python examples/own_network.py

A simulated population of two groups picks from sets of candidates, and what a group wants is not
linear in the embeddings. The network gives every candidate a utility for each of two classes;
prefmath gives back the log-likelihood of all choices, annotators' classes being unknown, and its
gradient on the table of utilities. Needs PyTorch, which prefmath itself does not.
"""

from __future__ import annotations

import numpy as np

from prefmath import Choices
from prefmath.metrics import adjusted_rand_index
from prefmath.models import ChoiceMixture, table_log_likelihood

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]

N_ANNOTATORS, N_CHOICES, N_ITEMS, N_COLUMNS = 200, 30, 1500, 8


def population() -> tuple[Choices, Choices, np.ndarray, np.ndarray]:
    """Draw choices to train on, more of the same people to test with, embeddings, and groups."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N_ITEMS, N_COLUMNS), dtype=np.float32)
    # One group wants few extremes, the other wants two things at once.
    utility = np.stack([-2 * x[:, 0] ** 2 + x[:, 1], 2 * x[:, 0] * x[:, 2]])
    group = rng.integers(2, size=N_ANNOTATORS)
    annotator = np.repeat(np.arange(N_ANNOTATORS), 2 * N_CHOICES)
    sets = np.argsort(rng.random((len(annotator), 12)), axis=1)[:, :4]
    sets += rng.integers(N_ITEMS // 12, size=(len(annotator), 1)) * 12
    noisy = utility[group[annotator][:, None], sets] + rng.gumbel(size=sets.shape)
    choices = Choices.from_choice_sets(
        np.arange(0, sets.size + 1, 4), sets.ravel(), noisy.argmax(axis=1), annotator=annotator
    )
    first_half = np.arange(len(annotator)) % (2 * N_CHOICES) < N_CHOICES
    return choices.take(first_half), choices.take(~first_half), x, group


def main() -> None:
    """Fit linear classes and a network, and say how well each predicts."""
    train, test, x, group = population()
    print(train)
    linear = ChoiceMixture(2, random_state=0).fit(train, x)
    print(f"linear:  {linear.score(test, x):.3f} nats a choice of the same people, later")
    if torch is None:
        print("PyTorch is not installed: the network is left out")
        return

    class LogLikelihood(torch.autograd.Function):
        """Log-likelihood of choices as a function of the table of utilities."""

        @staticmethod
        def forward(ctx, table, choices):  # noqa: ANN001, ANN205
            """Keep the gradient, which prefmath computes beside the value."""
            found = table_log_likelihood(choices, table.detach().double().numpy())
            ctx.save_for_backward(torch.from_numpy(found.gradient).to(table.dtype))
            return table.new_tensor(found.log_likelihood)

        @staticmethod
        def backward(ctx, outer):  # noqa: ANN001, ANN205
            """Hand the gradient on."""
            return outer * ctx.saved_tensors[0], None

    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = torch.nn.Sequential(
        torch.nn.Linear(N_COLUMNS, 32), torch.nn.Tanh(), torch.nn.Linear(32, 2)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02, weight_decay=1e-3)
    embeddings = torch.from_numpy(x)
    for _ in range(250):
        optimizer.zero_grad()
        loss = -LogLikelihood.apply(network(embeddings), train) / len(train)
        loss.backward()
        optimizer.step()

    with torch.no_grad():
        table = network(embeddings).double().numpy()
    fitted = table_log_likelihood(train, table)
    later = table_log_likelihood(test, table, weights=fitted.weights)
    found = fitted.responsibilities.argmax(axis=1)
    print(f"network: {later.log_likelihood / len(test):.3f} nats")
    print(f"shares of the classes: {np.sort(fitted.weights).round(2)}")
    print(f"people in their group: adjusted Rand index {adjusted_rand_index(group, found):.2f}")


if __name__ == "__main__":
    main()
