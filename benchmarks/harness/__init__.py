"""What the benchmarks share: a scene, programs on a core of their own, load, and how figures are told."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]  # the scene is made of the records that the tests use
