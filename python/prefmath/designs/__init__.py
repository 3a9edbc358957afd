"""Designs: choices and features in one call, from frames as choice modellers have them."""

from prefmath.designs.design import Design
from prefmath.designs.features import Features

__all__ = ["Design", "Features"]
