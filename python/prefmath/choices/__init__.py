"""Choices: the container of judgements, of annotators, choice sets and outcomes."""

from __future__ import annotations

from prefmath.choices.container import Choices

__all__ = ["Choices"]
