"""
Who may import whom.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import chatd

PACKAGE = Path(chatd.__file__).parent

# For each part of chatd, the other parts that it may import. Whatever is not named here may not exist.
MAY_IMPORT = {
    "core": set(),
    "dialects": {"core"},
    "store": {"core"},
    "net": {"core"},
    "accounts": {"core"},
    "ops": {"core"},
    "_options": {"_reading"},
    "_reading": set(),
    "config": {"_options"},
    "filing": {"core", "store", "net", "ops", "config"},
    "service": {"core", "dialects", "store", "net", "accounts", "ops", "config", "filing"},
    "tap": {"config", "service", "ops"},
    "whereabouts": {"config"},
    "check": {"config", "core", "store", "whereabouts"},
    "backup": {"config", "core", "store", "whereabouts"},
    "owner_link": {"config", "accounts", "whereabouts"},
    "console": {"tap", "check", "backup", "owner_link"},
    "__main__": {"console"},
    "__init__": set(),
}
# Beside the standard library.
CORE_STANDS_ON = {"msgspec"}
# Parts of the standard library that would be input, output or a clock.
NOT_FOR_CORE = {
    "asyncio",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}


def modules():
    """
    Every module of chatd with the part that it belongs to.
    """
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] != "public":
            yield inside, inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(path):
    """
    The dotted names that a module imports, wherever in it, with `from a import b` as `a.b`.
    """
    for node in ast.walk(ast.parse((PACKAGE / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{path}: imports are absolute here")
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class ImportsTests(SynchronousTestCase):
    def test_every_part_has_its_place(self):
        unplaced = {part for _, part in modules()} - MAY_IMPORT.keys()
        self.assertEqual(unplaced, set())

    def test_a_part_imports_only_what_it_may(self):
        wrong = []
        for path, part in modules():
            for name in imports(path):
                top, _, rest = name.partition(".")
                if top != "chatd" or rest == "__version__":
                    continue
                other = rest.partition(".")[0]
                if other not in MAY_IMPORT[part] | {part}:
                    wrong.append(f"{path} imports {name}")
        self.assertEqual(wrong, [])

    def test_the_core_is_pure(self):
        wrong = []
        for path, part in modules():
            for name in imports(path) if part == "core" else ():
                top = name.partition(".")[0]
                if top == "chatd" or top in CORE_STANDS_ON:
                    continue
                beyond = top not in sys.stdlib_module_names
                impure = any(name == module or name.startswith(f"{module}.") for module in NOT_FOR_CORE)
                if beyond or impure:
                    wrong.append(f"{path} imports {name}")
        self.assertEqual(wrong, [])

    def test_the_core_does_not_look_at_the_clock(self):
        wrong = []
        for path, part in modules():
            tree = ast.parse((PACKAGE / path).read_text("utf-8"))
            for node in ast.walk(tree) if part == "core" else ():
                if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                    wrong += [path] if ast.unparse(node.value).endswith(("date", "datetime")) else []
        self.assertEqual(wrong, [])

    def test_a_module_is_at_most_400_lines(self):
        long = [
            str(path) for path, _ in modules() if len((PACKAGE / path).read_text("utf-8").splitlines()) > 400
        ]
        self.assertEqual(long, [])

    def test_the_plugins_folder_is_no_package(self):
        # As one it would hide Twisted's own folder of that name.
        checkout = Path(__file__).parent.parent
        for folder in ("twisted", "twisted/plugins"):
            self.assertFalse((checkout / folder / "__init__.py").exists())
