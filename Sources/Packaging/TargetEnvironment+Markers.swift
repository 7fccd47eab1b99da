extension TargetEnvironment {
    /// The values of markers' variables there; the release and version of the system are not known, and empty.
    ///
    /// PyPy's own version is taken for 7.3.0, the first whose extensions still load.
    package var markers: MarkerEnvironment {
        let machine = platform.architecture ?? ""
        let names: (os: String, platform: String, system: String, machine: String) =
            switch platform.system {
            case .linux: ("posix", pythonMajor == 2 ? "linux2" : "linux", "Linux", machine)
            case .macos: ("posix", "darwin", "Darwin", machine)
            case .windows: ("nt", "win32", "Windows", machine == "x86" ? "x86" : machine.uppercased())
            case .ios: ("posix", "ios", "iOS", machine.hasPrefix("arm64") ? "arm64" : "x86_64")
            case .android: ("posix", "android", "Android", Self.androidMachines[machine] ?? machine)
            case .emscripten: ("posix", "emscripten", "Emscripten", machine)
            case .any, .other: ("", "", "", machine)
            }
        return MarkerEnvironment(
            osName: names.os,
            sysPlatform: names.platform,
            platformMachine: names.machine,
            platformPythonImplementation: implementation == .cpython ? "CPython" : "PyPy",
            platformSystem: names.system,
            pythonVersion: "\(pythonMajor).\(pythonMinor)",
            pythonFullVersion: pythonFullVersion,
            implementationName: implementation.rawValue,
            implementationVersion: implementation == .cpython ? pythonFullVersion : "7.3.0"
        )
    }

    /// Android's names of architectures, and those of its kernel.
    private static let androidMachines = [
        "arm64_v8a": "aarch64", "armeabi_v7a": "armv7l", "x86": "i686", "x86_64": "x86_64",
    ]

    /// Whether a dependency is one there: its marker holds, for one of some extras of the project that names it.
    ///
    /// - Throws: ``MarkerError`` for a marker without meaning.
    package func needs(
        _ requirement: Requirement,
        extras: Set<ExtraName> = []
    ) throws(MarkerError) -> Bool {
        guard let marker = requirement.marker else { return true }
        return try marker.evaluate(in: markers, extras: extras)
    }
}
