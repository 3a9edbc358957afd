"""Every example in a docstring of the installed package gives the output shown there."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import prefmath

# The package that is installed is tested, not the source tree, which lacks the compiled module;
# hence not pytest's own --doctest-modules.
MODULES = ["prefmath"] + [
    module.name
    for module in pkgutil.walk_packages(prefmath.__path__, "prefmath.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "prefmath._native":
            raise
        pytest.skip("the compiled module is not installed")
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
