"""pip and uv, which install from one index alone, also for a Python that is not here."""

import os
import subprocess
import sys

GLIBC = [f"manylinux_2_{minor}_{{}}" for minor in range(28, 16, -1)]
MUSL = ["musllinux_1_2_{}", "musllinux_1_1_{}"]
TARGETS = {
    # Of larder.toml: what pip calls it, what uv calls it, and what markers say of it.
    "linux": ([each.format("x86_64") for each in GLIBC] + ["manylinux2014_x86_64", "linux_x86_64"],
              "x86_64-manylinux_2_28", ("linux", "Linux", "posix", "x86_64")),
    "manylinux_2_28_aarch64": ([each.format("aarch64") for each in GLIBC] + ["manylinux2014_aarch64"],
                               "aarch64-manylinux_2_28", ("linux", "Linux", "posix", "aarch64")),
    "musllinux_1_2_x86_64": ([each.format("x86_64") for each in MUSL], "x86_64-unknown-linux-musl",
                             ("linux", "Linux", "posix", "x86_64")),
    "macos": (["macosx_14_0_arm64"], "aarch64-apple-darwin", ("darwin", "Darwin", "posix", "arm64")),
    "windows": (["win_amd64"], "x86_64-pc-windows-msvc", ("win32", "Windows", "nt", "AMD64")),
}

PIP = """
import sys
import pip._vendor.packaging.markers as markers
# pip judges markers by the Python that runs it, whatever --python-version and --platform say.
told = %r
real = markers.default_environment
markers.default_environment = lambda: {**real(), **told}
from pip._internal.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


class ClientFailure(Exception):
    """A client that could not do it, with what it said."""


class Clients:
    """pip and uv in a virtual environment, without anybody's configuration."""

    def __init__(self, folder):
        self.python = os.path.join(folder, "bin", "python")
        self.uv = os.path.join(folder, "bin", "uv")
        if not os.access(self.uv, os.X_OK):
            run([sys.executable, "-m", "venv", "--clear", folder], os.environ)
            run([self.python, "-m", "pip", "install", "--quiet", "--upgrade", "pip", "uv"], os.environ)
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        self.environment = kept | {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "LC_ALL": "C.UTF-8"}

    def pip_download(self, index, environment, requirements, folder):
        """Has pip download everything that the requirements need in an environment."""
        platforms, _, markers = TARGETS[environment.platform]
        minor = environment.python.replace(".", "")
        is_pypy = environment.implementation == "pypy"
        kind, abis = ("pp", ["pypy%s_pp73" % minor]) if is_pypy else ("cp", ["cp" + minor, "abi3"])
        told = {
            "sys_platform": markers[0], "platform_system": markers[1], "os_name": markers[2],
            "platform_machine": markers[3], "python_version": environment.python,
            "python_full_version": environment.python + ".0",
            "implementation_name": environment.implementation,
            "platform_python_implementation": "PyPy" if is_pypy else "CPython",
        }
        command = [self.python, "-c", PIP % told, "download", "--quiet", "--no-cache-dir", "--no-input",
                   "--index-url", index, "--requirement", requirements, "--dest", folder]
        if not environment.is_here:
            command += ["--only-binary=:all:", "--python-version", environment.python, "--implementation", kind]
            command += [word for abi in [*abis, "none"] for word in ("--abi", abi)]
            command += [word for platform in platforms for word in ("--platform", platform)]
        run(command, self.environment)

    def pip_install(self, index, requirements, folder):
        """Installs with pip into a folder, for the Python that is here."""
        run([self.python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-input", "--index-url", index,
             "--requirement", requirements, "--target", folder], self.environment)

    def uv_install(self, index, environment, requirements, folder):
        """Installs with uv into a folder, for any Python."""
        command = [self.uv, "pip", "install", "--quiet", "--no-cache", "--default-index", index,
                   "--python", self.python, "--requirement", requirements, "--target", folder]
        run(command + self._uv_target(environment), self.environment)

    def uv_resolve(self, index, environment, requirements, certificates):
        """What uv would install from an index, as `name==version`, sorted; only metadata is read."""
        own = self.environment | ({"SSL_CERT_FILE": certificates} if certificates else {})
        command = [self.uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--default-index", index,
                   "--cache-dir", os.path.join(os.path.dirname(requirements), "uv-cache"), "--python", self.python]
        lines = run(command + self._uv_target(environment) + [requirements], own).splitlines()
        return sorted(line.split(";")[0].strip() for line in lines if line and not line.startswith((" ", "#")))

    def imports(self, modules, folder):
        """Imports modules from a folder into which they were installed."""
        program = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
        run([self.python, "-c", program, *modules], self.environment | {"PYTHONPATH": folder})

    @staticmethod
    def _uv_target(environment):
        if environment.is_here:
            return []
        # Nothing can be built for another machine.
        target = ["--only-binary", ":all:", "--python-platform", TARGETS[environment.platform][1]]
        version = environment.python if environment.implementation == "cpython" else f"pypy{environment.python}"
        return target + ["--python-version", version]


def run(command, environment):
    """Runs a program to its end, which must be a good one; what it printed."""
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-12:]
        name = os.path.basename(command[0]) + (" " + command[3] if command[1] == "-c" else "")
        raise ClientFailure(f"{name} ended with {done.returncode}: " + "\n        ".join(said))
    return done.stdout
