"""What scikit-learn expects of an estimator, without depending on it."""

from __future__ import annotations

import inspect
from typing import Any, Self

__all__ = ["Estimator", "NotFittedError"]


class NotFittedError(ValueError, AttributeError):
    """Raised when a model is asked something before it was fitted."""


class Estimator:
    """Parameters by name: `__init__` stores them, nothing else."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """Return the parameters of this estimator.

        Parameters
        ----------
        deep : bool
            For compatibility with scikit-learn; no parameter is an estimator itself.

        Returns
        -------
        dict
            Names and values.
        """
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator.

        Raises
        ------
        ValueError
            If there is no parameter of such a name.
        """
        for name, value in params.items():
            if name not in self._defaults():
                msg = f"{type(self).__name__} has no parameter {name!r}"
                raise ValueError(msg)
            setattr(self, name, value)
        return self

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = inspect.signature(cls).parameters
        return {name: parameter.default for name, parameter in parameters.items()}

    def _check_fitted(self) -> None:
        if not hasattr(self, "coef_"):
            msg = f"this {type(self).__name__} is not fitted yet: call fit first"
            raise NotFittedError(msg)

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults().items()
            if getattr(self, name) is not default and getattr(self, name) != default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"
