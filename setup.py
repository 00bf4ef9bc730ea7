"""Assembles build/py/tickmesh: links to the source folders, and beside them the stubs protoc makes."""

import os
import re
import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
PROTOS = ROOT / "protos"
PACKAGE = ROOT / "build" / "py" / "tickmesh"
LINKED = ("services", "gateway", "native")
SUMMARY = "tickmesh: a multi-asset trading platform that a team runs itself."
PACKAGE_DATA = {
    "": ["*.pyi", "*.json", "migrations/*.py", "*_migrations/*.py"],
    "tickmesh": ["py.typed", "*.binpb"],
    "tickmesh.gateway": ["dashboard/dist/*", "dashboard/dist/**/*"],
    "tickmesh.gateway.http": ["docs/*"],
}


def link_sources() -> None:
    PACKAGE.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        link_folder(PACKAGE / name, f"../../../{name}")
    (PACKAGE / "__init__.py").write_text(f'"""{SUMMARY}"""\n')
    (PACKAGE / "py.typed").touch()


def link_folder(link: Path, target: str) -> None:
    """Points a link at a target relative to it, so that the repository may move. Replaces in one step."""
    if link.is_symlink() and os.readlink(link) == target:
        return
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.symlink_to(target, target_is_directory=True)
    fresh.replace(link)


def proto_files() -> list[str]:
    ours = sorted((PROTOS / "tickmesh").rglob("*.proto"))
    return [*(path.relative_to(PROTOS).as_posix() for path in ours), "buf/validate/validate.proto"]


def newest(paths: list[Path]) -> float:
    return max((path.stat().st_mtime for path in paths), default=0.0)


def stubs_are_current() -> bool:
    made = PACKAGE / "descriptors.binpb"
    sources = [*PROTOS.rglob("*.proto"), Path(__file__)]
    return made.exists() and made.stat().st_mtime >= newest(sources)


def compile_protos() -> None:
    from grpc_tools import protoc

    plugins = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([plugins, os.environ["PATH"]])
    out = ROOT / "build" / "stubs"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    arguments = ["protoc", *(f"-I{path}" for path in include_folders())]
    arguments += [f"--{kind}_out={out}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    arguments += [f"--descriptor_set_out={out / 'descriptors.binpb'}"]
    arguments += ["--include_imports", "--include_source_info"]
    if protoc.main(arguments + proto_files()) != 0:
        raise SystemExit("protoc failed")
    install_stubs(out)


def include_folders() -> list[Path]:
    import google.api.annotations_pb2 as google_api
    import grpc_tools

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    return [PROTOS, PROTOS / "third_party", well_known, Path(google_api.__file__).parents[2]]


def install_stubs(out: Path) -> None:
    """Moves stubs under tickmesh, the validation rules' too, so that no generic name is installed."""
    for path in out.rglob("*.py*"):
        text = path.read_text()
        text = re.sub(r"\bfrom buf\.validate import", "from tickmesh.third_party.buf.validate import", text)
        path.write_text(text.replace("import buf.validate.", "import tickmesh.third_party.buf.validate."))
    for area in (out / "tickmesh").iterdir():
        shutil.rmtree(PACKAGE / area.name, ignore_errors=True)
        shutil.copytree(area, PACKAGE / area.name)
        make_packages(PACKAGE / area.name)
    shutil.rmtree(PACKAGE / "third_party", ignore_errors=True)
    shutil.copytree(out / "buf", PACKAGE / "third_party" / "buf")
    make_packages(PACKAGE / "third_party")
    shutil.copy(out / "descriptors.binpb", PACKAGE / "descriptors.binpb")


def make_packages(folder: Path) -> None:
    for path in [folder, *(entry for entry in folder.rglob("*") if entry.is_dir())]:
        (path / "__init__.py").touch()


link_sources()
if not stubs_are_current():
    compile_protos()

setup(
    package_dir={"": "build/py"},
    packages=find_packages("build/py"),
    include_package_data=False,
    package_data=PACKAGE_DATA,
    cffi_modules=["native/build_engine.py:ffi"],
    zip_safe=False,
)
