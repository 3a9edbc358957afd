"""Rows of the files that other tools take."""
