"""The requirement sets, and the environments for which they are mirrored."""

from dataclasses import dataclass
import sys

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""The version of the Python that runs this, in which the sets are installed and imported too."""


@dataclass(frozen=True)
class Environment:
    """A Python on a platform, as larder.toml describes it, and as pip and uv are told of it."""

    python: str
    platform: str
    implementation: str = "cpython"

    def __str__(self):
        name = "python" if self.implementation == "cpython" else self.implementation
        return f"{name} {self.python} on {self.platform}"

    @property
    def toml(self):
        """The table in larder.toml."""
        kind = "" if self.implementation == "cpython" else f', implementation = "{self.implementation}"'
        return f'{{ python = "{self.python}", platform = "{self.platform}"{kind} }}'

    @property
    def is_here(self):
        """Whether it is the Python that runs this."""
        return self == LINUX


@dataclass(frozen=True)
class RequirementSet:
    """What somebody requires, as in a requirement file."""

    name: str
    what: str
    lines: tuple[str, ...]
    environments: tuple[Environment, ...]
    modules: tuple[str, ...]
    """What can be imported where it is installed."""


LINUX = Environment(HERE, "linux")
WINDOWS = Environment("3.12", "windows")
MACOS = Environment("3.13", "macos")
ARM = Environment("3.12", "manylinux_2_28_aarch64")
ALPINE = Environment("3.13", "musllinux_1_2_x86_64")
OLD = Environment("3.9", "linux")
PYPY = Environment("3.10", "linux", "pypy")

SETS = (
    RequirementSet(
        "web", "a web framework", ("flask", "flask-sqlalchemy", "gunicorn; sys_platform != 'win32'"),
        (LINUX, WINDOWS, OLD), ("flask", "flask_sqlalchemy", "gunicorn"),
    ),
    # These are the largest wheels, so that there is one environment only.
    RequirementSet("data", "a data stack", ("pandas",), (LINUX,), ("pandas", "numpy")),
    RequirementSet("linter", "linters", ("pylint", "flake8-bugbear"), (LINUX, MACOS, OLD), ("pylint", "bugbear")),
    RequirementSet(
        "extras", "extras and environment markers", ("httpx[http2,socks]", "uvicorn[standard]", "requests[socks]"),
        (LINUX, WINDOWS, ARM), ("httpx", "h2", "socksio", "uvloop", "socks"),
    ),
    RequirementSet(
        "driver", "platform wheels only", ("psycopg[binary]",), (LINUX, WINDOWS, MACOS), ("psycopg", "psycopg_binary"),
    ),
    RequirementSet(
        "tests", "test tools", ("pytest", "pytest-cov", "tox", "hypothesis"), (LINUX, PYPY, ALPINE),
        ("pytest", "tox", "hypothesis"),
    ),
    RequirementSet("docs", "documentation", ("sphinx", "furo", "myst-parser"), (LINUX, ALPINE), ("sphinx", "myst_parser")),
    RequirementSet("shell", "a shell", ("ipython",), (LINUX, Environment("3.13", "windows"), OLD), ("IPython",)),
    RequirementSet(
        "crypto", "binary wheels of one ABI", ("paramiko", "pyjwt[crypto]"), (LINUX, WINDOWS), ("paramiko", "jwt"),
    ),
    RequirementSet(
        "pinned", "pins that hold others back", ("requests<2.32", "idna<3", "flask<2.3"),
        (LINUX, WINDOWS), ("requests", "flask"),
    ),
)
"""All sets. What they need for their environments is well below LIMIT together."""

LIMIT = 200_000_000
"""After how many bytes from the index no further set is mirrored."""
