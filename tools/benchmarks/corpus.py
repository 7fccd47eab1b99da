"""An index of many small projects, laid out for nginx: the same bytes for the same seed, but for the base URL.

    www/simple/index.{v1_json,html}           the root list, with a serial for each project
    www/simple/NAME/index.{v1_json,html}      the project page, JSON and HTML
    www/packages/ab/cd/<60 hex>/FILE          a wheel with its .metadata, and an sdist
    www/pypi/NAME/json                        the older JSON API, which bandersnatch reads
    urls                                      what a complete mirror fetches: one path a line
    summary.json                              counts and sizes
"""

import base64
import gzip
import hashlib
import io
import json
import os
import random
import tarfile
import zipfile

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
UPLOADED = "2024-01-02T03:04:05.678901Z"


def add_command(commands):
    parser = commands.add_parser("corpus", help="makes the index that the other commands serve", description=__doc__)
    parser.add_argument("directory", help="an empty or new folder")
    parser.add_argument("--projects", type=int, default=5000, metavar="N")
    parser.add_argument("--base-url", default="http://127.0.0.1:8080", help="what absolute links start with")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run)


def run(arguments):
    summary = generate(arguments.directory, arguments.projects, arguments.base_url, arguments.seed)
    print(json.dumps(summary))
    return 0


def project_name(number):
    return f"bench-project-{number:05}"


def generate(directory, projects, base_url, seed):
    """Writes the index, and returns its counts."""
    www = os.path.join(directory, "www")
    listed, paths = [], ["simple/"]
    summary = {"projects": projects, "files": 0, "sidecars": 0, "bytes": 0}
    for number in range(projects):
        name, serial = project_name(number), number + 1
        chance = random.Random(f"{seed} {number}")
        files = [
            wheel(www, name, "1.0.0", chance),
            sdist(www, name, "1.0.0", chance),
        ]
        write_project(www, base_url, name, serial, files)
        listed.append({"name": name, "_last-serial": serial})
        paths.append(f"simple/{name}/")
        for file in files:
            paths.append(file["path"])
            summary["files"] += 1
            summary["bytes"] += file["size"]
            if file["metadata"] is not None:
                paths.append(file["path"] + ".metadata")
                summary["sidecars"] += 1
                summary["bytes"] += len(file["metadata"])
    write_root(www, projects, listed)
    write(os.path.join(directory, "urls"), "".join(path + "\n" for path in paths).encode())
    write(os.path.join(directory, "summary.json"), json.dumps(summary).encode())
    return summary


def change(www, base_url, number, seed):
    """Gives one project a new release: a wheel with its sidecar. Returns what takes that back."""
    name = project_name(number)
    pages = [os.path.join(www, "simple", name, "index." + kind) for kind in ("v1_json", "html")]
    pages += [os.path.join(www, "simple", "index." + kind) for kind in ("v1_json", "html")]
    pages.append(os.path.join(www, "pypi", name, "json"))
    with open(os.path.join(www, "simple", "index.v1_json"), "rb") as file:
        root = json.load(file)
    serial = root["meta"]["_last-serial"] + 1
    for page in pages:
        os.rename(page, page + ".before")
    chance = random.Random(f"{seed} {number}")
    files = [wheel(www, name, "1.0.0", chance), sdist(www, name, "1.0.0", chance)]
    added = wheel(www, name, "1.1.0", chance)
    write_project(www, base_url, name, serial, files + [added])
    for project in root["projects"]:
        if project["name"] == name:
            project["_last-serial"] = serial
    write_root(www, serial, root["projects"])
    # nginx makes its tags of time in seconds and size: a page of the same size, written in the same second, would count
    # as unchanged.
    for page in pages:
        later = os.stat(page + ".before").st_mtime + 2
        os.utime(page, (later, later))

    def restore():
        for page in pages:
            os.replace(page + ".before", page)
        for suffix in ("", ".metadata"):
            os.unlink(os.path.join(www, added["path"] + suffix))

    return restore


def wheel(www, name, version, chance):
    """A wheel that pip would install, of about 3 KB, with its sidecar."""
    module = name.replace("-", "_")
    folder = f"{module}-{version}.dist-info"
    metadata = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: One of many small projects\n"
        "License: Apache-2.0\nRequires-Python: >=3.8\nDescription-Content-Type: text/markdown\n\n"
        f"# {name}\n\n{noise(chance, 200, 400)}\n"
    ).encode()
    contents = {
        f"{module}/__init__.py": f'__version__ = "{version}"\nNOISE = "{noise(chance, 1000, 2500)}"\n'.encode(),
        f"{folder}/METADATA": metadata,
        f"{folder}/WHEEL": b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for path, data in contents.items()
    )
    contents[f"{folder}/RECORD"] = (record + f"{folder}/RECORD,,\n").encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 2, 3, 4, 4)), data, zipfile.ZIP_DEFLATED)
    return place(www, f"{module}-{version}-py3-none-any.whl", version, buffer.getvalue(), metadata)


def sdist(www, name, version, chance):
    """An sdist of 2 to 8 KB."""
    module = name.replace("-", "_")
    contents = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        "pyproject.toml": f'[project]\nname = "{name}"\nversion = "{version}"\n'.encode(),
        f"{module}/__init__.py": f'NOISE = "{noise(chance, 2000, 9000)}"\n'.encode(),
    }
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path, data in contents.items():
                entry = tarfile.TarInfo(f"{module}-{version}/{path}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return place(www, f"{module}-{version}.tar.gz", version, buffer.getvalue(), None)


def noise(chance, least, most):
    """Text that does not compress to nothing."""
    return base64.b64encode(chance.randbytes(chance.randint(least, most) * 3 // 4)).decode()


def place(www, filename, version, data, metadata):
    blake = hashlib.blake2b(data, digest_size=32).hexdigest()
    path = f"packages/{blake[:2]}/{blake[2:4]}/{blake[4:]}/{filename}"
    write(os.path.join(www, path), data)
    if metadata is not None:
        write(os.path.join(www, path + ".metadata"), metadata)
    return {
        "filename": filename,
        "version": version,
        "path": path,
        "size": len(data),
        "metadata": metadata,
        "md5": hashlib.md5(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "blake2b_256": blake,
    }


def write_project(www, base_url, name, serial, files):
    entries, links, releases = [], [], {}
    for file in files:
        url = f"{base_url}/{file['path']}"
        sidecar = file["metadata"] is not None and {"sha256": hashlib.sha256(file["metadata"]).hexdigest()}
        entries.append(
            {
                "core-metadata": sidecar,
                "data-dist-info-metadata": sidecar,
                "filename": file["filename"],
                "hashes": {"sha256": file["sha256"]},
                "provenance": None,
                "requires-python": ">=3.8",
                "size": file["size"],
                "upload-time": UPLOADED,
                "url": url,
                "yanked": False,
            }
        )
        attributes = f' data-core-metadata="sha256={sidecar["sha256"]}"' if sidecar else ""
        links.append(
            f'<a href="{url}#sha256={file["sha256"]}" data-requires-python="&gt;=3.8"{attributes}>'
            f'{file["filename"]}</a><br />\n'
        )
        is_wheel = file["filename"].endswith(".whl")
        releases.setdefault(file["version"], []).append(
            {
                "comment_text": "",
                "core-metadata": sidecar,
                "digests": {kind: file[kind] for kind in ("blake2b_256", "md5", "sha256")},
                "downloads": -1,
                "filename": file["filename"],
                "has_sig": False,
                "md5_digest": file["md5"],
                "packagetype": "bdist_wheel" if is_wheel else "sdist",
                "python_version": "py3" if is_wheel else "source",
                "requires_python": ">=3.8",
                "size": file["size"],
                "upload_time": UPLOADED.split(".")[0],
                "upload_time_iso_8601": UPLOADED,
                "url": url,
                "yanked": False,
                "yanked_reason": None,
            }
        )
    newest = files[-1]["version"]
    page = {
        "alternate-locations": [],
        "files": entries,
        "meta": {"_last-serial": serial, "api-version": "1.4"},
        "name": name,
        "project-status": {"status": "active"},
        "versions": sorted(releases),
    }
    older = {
        "info": {"name": name, "version": newest, "summary": "One of many small projects", "requires_python": ">=3.8"},
        "last_serial": serial,
        "releases": releases,
        "urls": releases[newest],
        "vulnerabilities": [],
    }
    folder = os.path.join(www, "simple", name)
    write(os.path.join(folder, "index.v1_json"), compact(page))
    write(os.path.join(folder, "index.html"), document(f"Links for {name}", "".join(links)))
    write(os.path.join(www, "pypi", name, "json"), compact(older))


def write_root(www, serial, listed):
    root = {"meta": {"_last-serial": serial, "api-version": "1.4"}, "projects": listed}
    write(os.path.join(www, "simple", "index.v1_json"), compact(root))
    links = "".join(f'<a href="/simple/{entry["name"]}/">{entry["name"]}</a>\n' for entry in listed)
    write(os.path.join(www, "simple", "index.html"), document("Simple index", links))


def document(title, body):
    return (
        '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.4">'
        f"<title>{title}</title></head>\n<body>\n{body}</body></html>\n"
    ).encode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def write(path, data):
    try:
        file = open(path, "wb")
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = open(path, "wb")
    with file:
        file.write(data)
