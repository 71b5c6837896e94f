"""Programs: where they are, and how to get those that are missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HOW = "Debian, Ubuntu: `apt install {package}`; elsewhere name the program with {variable}."


def program(variable: str, package: str, *names: str) -> str:
    """Return the path of the first of these programs that is there, or of the one that an environment variable names.

    Fails the test, and says which package is missing, when there is none.
    """
    how = HOW.format(package=package, variable=variable)
    named = os.environ.get(variable)
    if named:
        if not Path(named).exists():
            pytest.fail(f"{variable} is {named}, which is not there. {how}", pytrace=False)
        return named
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(f"The browser tests need {' or '.join(names)}. {how}", pytrace=False)
    return found
