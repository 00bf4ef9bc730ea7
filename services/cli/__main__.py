"""Runs the command as `python -m tickmesh.services.cli`."""

import sys

from .main import main

sys.exit(main())
