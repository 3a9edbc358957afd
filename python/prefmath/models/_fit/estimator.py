"""What scikit-learn expects of an estimator, without depending on it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

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

    def save(
        self, path: str | os.PathLike[str], *, feature_names: Sequence[str] | None = None
    ) -> None:
        """Write the fitted model to an .npz file of arrays and one JSON header.

        Parameters
        ----------
        path, feature_names
            As for `prefmath.io.models.save_model`, which says more.

        Raises
        ------
        ValueError
            If the suffix is not .npz, or the model is not fitted.
        """
        from prefmath.io.models import save_model

        save_model(path, self, feature_names=feature_names)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model of this class that `save` wrote.

        Parameters
        ----------
        path : str or path-like
            An .npz file.

        Returns
        -------
        Self
            The model as it was fitted.

        Raises
        ------
        OSError
            If the file is not there or cannot be read.
        ValueError
            If it holds no model of this class, or one written by a later major version.
        """
        from prefmath.io.models import load_model

        model = load_model(path)
        if not isinstance(model, cls):
            msg = f"{str(path)!r} holds a {type(model).__name__}, not a {cls.__name__}"
            raise ValueError(msg)  # noqa: TRY004  (the file is wrong, not the type of an argument)
        return model

    def __sklearn_tags__(self) -> Any:
        # Asked for by scikit-learn alone, which is then there.
        from sklearn.utils import Tags, TargetTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            no_validation=True,
        )

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
