"""
What pyproject.toml cannot say: the plugin's place, and the page that goes into the package.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class build_with_page(build_py):
    """
    Put the page, which a checkout has beside the package, into the built package.
    """

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "chatd" / "public"
            # A file that was taken out of the page must not stay from an earlier build.
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / "public", target)


setup(
    # twisted/plugins has no __init__.py, since it only adds a file to Twisted's own package.
    packages=[*find_packages(include=["chatd", "chatd.*"]), "twisted.plugins"],
    # With it an editable install puts this folder on the path, where twistd finds the plugin.
    package_dir={"": "."},
    package_data={"chatd": ["py.typed"], "chatd.store": ["schema/*.sql"]},
    cmdclass={"build_py": build_with_page},
)
