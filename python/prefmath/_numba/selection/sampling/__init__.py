"""Random sets whose members differ."""
