"""The reports of a platform's logs work here as in the tests of the whole platform."""

from tests.end_to_end.conftest import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]
