"""python -m tests.distribution PYTHON...: the sdist and the wheel hold what they should, and work where they are put.

Builds both from this tree, which must be a clean one; checks their contents and metadata; installs each into an empty
environment of every PYTHON, and reads a stream there; vendors the sdist into a host; and has pyright say that every
public name is typed. Needs requirements.txt of this folder, and a package index.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path

import sse_core

ROOT = Path(__file__).parents[2]
STREAM = ROOT / "tests" / "support" / "streams" / "tools.sse"
TEXT = "Let me look."  # what it says
BIN = Path(sys.executable).parent
HOST = """
[tool.vendoring]
destination = "host/_vendor/"
requirements = "vendor.txt"
namespace = "host._vendor"
"""


def run(*command: object, cwd: Path, path: str = "") -> str:
    """What `command` prints; it must succeed. `path` goes before the PATH."""
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else None
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def sources() -> set[str]:
    """The files of the package, as paths in an archive."""
    files = [path for path in (ROOT / "sse_core").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix() for path in files}


def check_contents(sdist: Path, wheel: Path) -> None:
    """All of the package is in both, the licence and the type marker too; and nothing else in the wheel."""
    package = sources()
    assert {"sse_core/LICENSE", "sse_core/py.typed"} <= package
    with zipfile.ZipFile(wheel) as archive:
        about = f"sse_core-{sse_core.__version__}.dist-info/"
        names = {*archive.namelist()}
        assert {name for name in names if not name.startswith(about)} == package, names ^ package
        assert f"{about}licenses/sse_core/LICENSE" in names
        metadata = Parser().parsestr(archive.read(f"{about}METADATA").decode())
    assert metadata["Version"] == sse_core.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    assert [name for name in metadata.get_all("Requires-Dist", []) if "extra ==" not in name] == []
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert names == package | {"PKG-INFO", "README.md", "pyproject.toml"}, names ^ package


def check_installed(python: Path, artefact: Path, folder: Path) -> Path:
    """It is all that is installed, and reads a stream: from a folder where no source is. The environment's Python."""
    version = run(python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])", cwd=folder).strip()
    environment = folder / f"{version}-{artefact.suffix[1:]}"
    run(python, "-m", "venv", environment, cwd=folder)
    inside = environment / BIN.name / "python"
    run(inside, "-m", "pip", "install", "--quiet", artefact, cwd=folder)
    listed = json.loads(run(inside, "-m", "pip", "list", "--format", "json", cwd=folder))
    assert {each["name"].replace("_", "-") for each in listed} - {"pip", "setuptools"} == {"sse-core"}
    read = run(inside, "-I", "-m", "sse_core", "--dialect", "openai-chat", "--text", STREAM, cwd=folder)
    assert read.strip() == TEXT
    assert sse_core.__version__ in run(inside, "-I", "-m", "sse_core", "--version", cwd=folder)
    print(f"{artefact.name} in an empty environment of {version}: reads a stream")
    return inside


def check_vendored(sdist: Path, folder: Path) -> None:
    """`vendoring sync` brings all of the package into a host, no file changed, where it reads a stream."""
    vendor = folder / "host" / "_vendor"
    vendor.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(HOST)
    (folder / "vendor.txt").write_text(f"{sdist}\n")
    run(BIN / "vendoring", "sync", cwd=folder, path=str(BIN))  # it calls pip by its name
    files = {path.relative_to(vendor).as_posix(): path for path in (vendor / "sse_core").rglob("*") if path.is_file()}
    assert files.keys() == sources()
    assert [name for name, path in files.items() if path.read_bytes() != (ROOT / name).read_bytes()] == []
    command = ("-m", "host._vendor.sse_core", "--dialect", "openai-chat", "--text")
    assert run(sys.executable, *command, STREAM, cwd=folder).strip() == TEXT
    print("vendoring sync from the sdist: as it was, and reads a stream")


def check_types(python: Path, folder: Path) -> None:
    """Every public name of what is installed is typed."""
    command = (BIN / "pyright", "--ignoreexternal", "--verifytypes", "sse_core")
    said = run(*command, cwd=folder, path=str(python.parent))  # its option --pythonpath means nothing here
    assert "\nType completeness score: 100%\n" in said, said
    print("pyright --verifytypes: 100 %,", *re.findall("Symbols exported by .*", said))


def main(pythons: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT, cwd=folder)
        [sdist], [wheel] = (folder / "dist").glob("*.tar.gz"), (folder / "dist").glob("*.whl")
        check_contents(sdist, wheel)
        print(f"{sdist.name}, {wheel.name}: {len(sources())} files of the package each")
        run(BIN / "twine", "check", "--strict", sdist, wheel, cwd=folder)
        print("twine check --strict: the metadata is good, and README.md can be shown")
        installed = [check_installed(python, artefact, folder) for python in pythons for artefact in (sdist, wheel)]
        check_vendored(sdist, folder / "host")
        check_types(installed[-1], folder)


if __name__ == "__main__":
    main([Path(python) for python in sys.argv[1:]] or [Path(sys.executable)])
