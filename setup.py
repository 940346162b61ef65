"""The packages of the wheel; all else stands in `setup.cfg`."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["apps*", "tuning*", "zoo*"]), "zoo.saved_models"])
