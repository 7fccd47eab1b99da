extension Distribution {
    /// The sdist (PEP 625), with a build backend of its own, so that it builds without a network.
    ///
    /// - Throws: ``DemoError/archive(_:)``.
    package func sdist() throws(DemoError) -> [UInt8] {
        var entries = [
            ArchiveEntry("PKG-INFO", metadata()),
            ArchiveEntry("backend.py", Self.backend),
            ArchiveEntry("pyproject.toml", Self.project),
        ]
        if let entryPoints { entries.append(ArchiveEntry("entry_points.txt", entryPoints)) }
        entries += pythonFiles.map { ArchiveEntry("src/\($0.path)", $0.bytes) }
        entries.sort { $0.path < $1.path }
        return try ArchiveFormat.tarGzip.archive(entries.map { ArchiveEntry("\(stem)/\($0.path)", $0.bytes) })
    }

    private static let project = """
        [build-system]
        requires = []
        build-backend = "backend"
        backend-path = ["."]

        """

    /// Builds the wheel out of `src`, PKG-INFO and `entry_points.txt` (PEP 517) with the standard library alone.
    private static let backend = #"""
        """Builds the wheel of the project that this file lies in; needs nothing but Python."""

        import base64
        import email.parser
        import hashlib
        import os
        import zipfile

        WHEEL = "Wheel-Version: 1.0\nGenerator: backend (1.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


        def read(path):
            with open(path, "rb") as file:
                return file.read()


        def stem():
            info = email.parser.Parser().parsestr(read("PKG-INFO").decode())
            name = info["Name"].lower().replace("-", "_").replace(".", "_")
            return name + "-" + info["Version"]


        def metadata_files():
            directory = stem() + ".dist-info/"
            files = {directory + "METADATA": read("PKG-INFO"), directory + "WHEEL": WHEEL.encode()}
            if os.path.exists("entry_points.txt"):
                files[directory + "entry_points.txt"] = read("entry_points.txt")
            return files


        def source_files():
            files = {}
            for folder, _, names in os.walk("src"):
                for name in names:
                    if name.endswith(".py"):
                        path = os.path.join(folder, name)
                        files[os.path.relpath(path, "src").replace(os.sep, "/")] = read(path)
            return files


        def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
            for path, data in metadata_files().items():
                target = os.path.join(metadata_directory, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(data)
            return stem() + ".dist-info"


        def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
            filename = stem() + "-py3-none-any.whl"
            record = []
            with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w", zipfile.ZIP_DEFLATED) as wheel:
                for path, data in sorted(source_files().items()) + sorted(metadata_files().items()):
                    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                    record.append("%s,sha256=%s,%d\n" % (path, digest, len(data)))
                    wheel.writestr(path, data)
                path = stem() + ".dist-info/RECORD"
                wheel.writestr(path, "".join(record) + path + ",,\n")
            return filename

        """#
}
