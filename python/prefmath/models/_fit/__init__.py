"""Fitting: starts, the climb to the top, its curvature, and what all estimators share."""
