"""What a user installs: a wheel and an sdist that hold everything, under one name."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM = """
import importlib.resources
from tickmesh.native import engine
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services import values
from tickmesh.services.runtime import contract, migrate

assert engine.Engine
assert orders_pb2_grpc.OrdersServiceStub
assert values.parse_decimal("1.5", "price")
assert "/tickmesh.orders.v1.OrdersService/GetOrder" in contract.methods()
for name in ("assets", "orders", "risk", "portfolio", "pricing", "strategy"):
    assert migrate.newest_revision(migrate.folder(name)) >= "0001", name
import tickmesh
print(tickmesh.__file__)
"""


def tracked_copy(folder: Path) -> Path:
    """Copies what git tracks, and the page when it is built, so that a build leaves the checkout alone."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).exists()]
    names += [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "gateway/dashboard/dist").rglob("*")
        if path.is_file()
    ]
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return folder


def pip(*arguments: str, cwd: Path) -> None:
    command = [sys.executable, "-m", "pip", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def build_wheel(source: Path, output: Path) -> Path:
    pip("wheel", "--no-build-isolation", "--no-deps", "-w", str(output), ".", cwd=source)
    (wheel,) = output.glob("tickmesh-*.whl")
    return wheel


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tracked_copy(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def sdist(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("sdist")
    script = f"from setuptools.build_meta import build_sdist; build_sdist({str(output)!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (archive,) = output.glob("tickmesh-*.tar.gz")
    return archive


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds the wheel from the sdist, so that both are held to hold everything."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (folder,) = unpacked.iterdir()
    return build_wheel(folder, tmp_path_factory.mktemp("wheel"))


def contents(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_installs_one_name(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in contents(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tickmesh"}


def test_the_wheel_holds_the_engine_the_stubs_and_the_data(wheel: Path) -> None:
    names = set(contents(wheel))
    assert any(name.startswith("tickmesh/native/_engine.") and name.endswith(".so") for name in names)
    expected = {path.relative_to(ROOT) for path in ROOT.glob("services/*/*migrations/*.py")}
    expected |= {path.relative_to(ROOT) for path in ROOT.glob("services/**/*.json")}
    expected |= {path.relative_to(ROOT) for path in ROOT.glob("gateway/http/docs/*")}
    expected |= {
        path.relative_to(ROOT) for path in ROOT.glob("gateway/dashboard/dist/**/*") if path.is_file()
    }
    assert {f"tickmesh/{path.as_posix()}" for path in expected} <= names
    assert {"tickmesh/py.typed", "tickmesh/descriptors.binpb", "tickmesh/orders/v1/orders_pb2.pyi"} <= names


def test_the_wheel_holds_nothing_of_the_workshop(wheel: Path) -> None:
    foreign = ("node_modules", "dashboard/src", "_engine.c", "__pycache__", "/tests/")
    assert [name for name in contents(wheel) if any(part in name for part in foreign)] == []


def test_what_is_installed_works_on_its_own(wheel: Path, tmp_path: Path) -> None:
    pip("install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel), cwd=tmp_path)
    # Without site, the editable install of this checkout is out of the way; its packages come by path.
    third_party = [path for path in sys.path if path.endswith("site-packages")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), *third_party])}
    command = [sys.executable, "-S", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path)
