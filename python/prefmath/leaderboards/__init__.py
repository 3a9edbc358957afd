"""Leaderboards: who is ahead of whom in battles, how sure that is, and whether to believe it."""

from prefmath.leaderboards.audit import Audit
from prefmath.leaderboards.board import Leaderboard
from prefmath.leaderboards.fitting import leaderboard

__all__ = ["Audit", "Leaderboard", "leaderboard"]
