"""Compatibility tags: the list for each of some dozens of environments, and which wheels these can install."""

from unittest import mock

from packaging import _manylinux, _musllinux, tags

LINUX = ["x86_64", "aarch64", "i686", "armv7l", "armv8l", "ppc64le", "ppc64", "s390x", "riscv64", "loongarch64"]
PYTHONS = ["2.7", "3.2", "3.3", "3.7", "3.8", "3.10", "3.12", "3.13", "3.13t", "3.14", "3.15t"]


def targets():
    """Environments, as they are described: Python, platform, implementation."""
    found = [("3.12", f"manylinux_2_{minor}_x86_64", "cpython") for minor in (4, 5, 12, 17, 28, 39)]
    found += [("3.12", f"{name}_x86_64", "cpython") for name in ("manylinux1", "manylinux2010", "manylinux2014")]
    found += [("3.11", f"manylinux_2_28_{arch}", "cpython") for arch in LINUX]
    found += [("3.11", f"musllinux_1_2_{arch}", "cpython") for arch in LINUX[:5] + ["mips64"]]
    found += [("3.11", f"linux_{arch}", "cpython") for arch in ("x86_64", "armv8l", "armv6l")]
    found += [("3.11", "manylinux_3_2_x86_64", "cpython"), ("3.13", "musllinux_2_0_x86_64", "cpython")]
    found += [(python, "manylinux_2_17_x86_64", "cpython") for python in PYTHONS]
    found += [("3.10", platform, "pypy") for platform in ("linux_x86_64", "manylinux_2_28_aarch64", "win_amd64")]
    found += [("3.9", platform, "cpython") for platform in ("win32", "win_amd64", "win_arm64")]
    mac = ["14_0_arm64", "14_0_x86_64", "11_3_x86_64", "26_1_arm64", "10_16_x86_64", "10_9_x86_64", "10_3_x86_64",
           "10_6_i386", "10_5_ppc64", "10_6_ppc", "10_12_arm64", "10_7_ppc"]
    found += [("3.8", f"macosx_{version}", "cpython") for version in mac]
    found += [("3.13", platform, "cpython") for platform in (
        "ios_13_0_arm64_iphoneos", "ios_17_2_x86_64_iphonesimulator", "ios_11_0_arm64_iphoneos", "android_24_arm64_v8a",
        "android_16_x86", "android_15_x86", "pyemscripten_2025_0_wasm32")]
    return found


def platforms(platform):
    """What `packaging.tags` finds on a machine like that."""
    name, _, rest = platform.partition("_")
    legacy = {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}
    if name in legacy:
        name, rest = "manylinux", f"{legacy[name]}_{rest}"
    if name in ("manylinux", "musllinux", "linux"):
        glibc, musl, arch = (-1, -1), None, rest
        if name != "linux":
            major, minor, arch = rest.split("_", 2)
            glibc = _manylinux._GLibCVersion(int(major), int(minor)) if name == "manylinux" else glibc
            musl = _musllinux._MuslVersion(int(major), int(minor)) if name == "musllinux" else musl
        with mock.patch.object(tags.sysconfig, "get_platform", lambda: f"linux-{arch}"), \
                mock.patch.object(_manylinux, "_get_glibc_version", lambda: glibc), \
                mock.patch.object(_manylinux, "_have_compatible_abi", lambda *_: True), \
                mock.patch.object(_musllinux, "_get_musl_version", lambda _: musl):
            return list(tags._linux_platforms(is_32bit=False))
    if name in ("macosx", "ios"):
        major, minor, arch = rest.split("_", 2)
        make = tags.mac_platforms if name == "macosx" else tags.ios_platforms
        return list(make((int(major), int(minor)), arch))
    if name == "android":
        level, abi = rest.split("_", 1)
        return list(tags.android_platforms(int(level), abi))
    if name == "pyemscripten":
        return [platform]
    with mock.patch.object(tags.sysconfig, "get_platform", lambda: platform.replace("_", "-")):
        return list(tags._generic_platforms())


def supported(python, platform, implementation):
    version = tuple(int(number) for number in python.rstrip("t").split("."))
    found = platforms(platform)
    nodot = "".join(map(str, version))
    if not found:
        # `packaging` takes an empty list for none given.
        return None
    if implementation == "pypy":
        names = [f"pypy{nodot}_pp73"]
        own = list(tags.generic_tags(interpreter=f"pp{nodot}", abis=names, platforms=found))
        interpreter = "pp3"
    else:
        settings = {"Py_GIL_DISABLED": 1 if python.endswith("t") else 0, "Py_DEBUG": 0}
        with mock.patch.object(tags, "_get_config_var", lambda name, warn=False: settings.get(name)):
            own = list(tags.cpython_tags(version, platforms=found))
        interpreter = f"cp{nodot}"
    return own + list(tags.compatible_tags(version, interpreter, found))


def generate(chance):
    """The tags of a wheel, such as `cp38-abi3-manylinux2014_x86_64.macosx_11_0_arm64`."""
    pick = chance.pick
    several = lambda make: ".".join(make() for _ in range(pick([1, 1, 1, 1, 2, 3])))  # noqa: E731
    number = lambda: pick(["2", "3", "27", "32", "37", "38", "39", "310", "311", "312", "313", "314", "315"])  # noqa: E731
    python = lambda: pick(["cp", "cp", "py", "pp"]) + number()  # noqa: E731
    abi = lambda: pick(["none", "abi3", "abi3t", "cp" + number(), "cp313t", "cp37m", "cp27mu", "pypy310_pp73"])  # noqa: E731

    def platform():
        arch = pick(LINUX[:4] + ["arm64", "universal2", "intel", "amd64"])
        return pick([
            "any", "any", f"linux_{arch}", f"manylinux{pick(['1', '2010', '2014'])}_{arch}",
            f"manylinux_2_{chance.randrange(4, 41)}_{arch}", f"musllinux_1_{chance.randrange(4)}_{arch}",
            f"macosx_10_{chance.randrange(4, 17)}_{arch}", f"macosx_{chance.randrange(11, 27)}_0_{arch}",
            "win32", "win_amd64", "win_arm64", f"ios_{chance.randrange(12, 18)}_0_arm64_iphoneos",
            f"android_{chance.randrange(15, 26)}_arm64_v8a", "pyemscripten_2025_0_wasm32", "pyodide_2024_0_wasm32",
        ])

    text = f"{several(python)}-{several(abi)}-{several(platform)}"
    return chance.damaged(text.upper() if chance.randrange(50) == 0 else text, 30)


def questions(cases):
    yield from (["target", list(target)] for target in targets())
    yield from (["wheel", text] for text in cases)


class Answers:
    def __init__(self):
        self.sets = []

    def answer(self, question):
        if question[0] == "target":
            found = supported(*question[1])
            if found is None:
                # Without platforms of its own only the tags for any remain, which our list says.
                found = [tag for tag in supported_anywhere(question[1][0]) if tag.platform == "any"]
            self.sets.append(frozenset(found))
            return [str(tag) for tag in found]
        try:
            wheel = tags.parse_tag(question[1])
        except tags.InvalidTag:
            return None
        return "".join("0" if wheel.isdisjoint(one) else "1" for one in self.sets)


def supported_anywhere(python):
    return supported(python, "linux_x86_64", "cpython")


def allowed(question, ours, theirs):
    """The rule by which answers may differ, or none."""
    if question[0] == "wheel" and theirs is None and ours is not None:
        try:
            tags.parse_tag(question[1])
        except tags.InvalidTag as error:
            if "invalid interpreter" in str(error):
                return "an interpreter that is no identifier is let through"
    return None
