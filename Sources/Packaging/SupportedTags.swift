/// The compatibility tags that a Python supports, in the order of `packaging.tags`, kept in parts: what goes with each
/// of the platforms, and what goes with `any`.
struct SupportedTags: Sendable {
    /// An interpreter and an ABI.
    private struct Pair: Hashable, Sendable {
        var interpreter: String
        var abi: String
    }

    private let platforms: [String]
    private let platformSet: Set<String>
    private let platformPairs: [Pair]
    private let platformPairSet: Set<Pair>
    private let anyPairs: [Pair]
    private let anyPairSet: Set<Pair>

    init(
        major: Int,
        minor: Int,
        implementation: TargetEnvironment.Implementation,
        isFreeThreaded: Bool,
        platforms: [String]
    ) {
        var pairs: [Pair] = []
        func add(_ interpreter: String, _ abi: String) { pairs.append(Pair(interpreter: interpreter, abi: abi)) }
        let own: String
        switch implementation {
        case .cpython:
            own = "cp\(major)\(minor)"
            add(own, own + Self.abiFlags(major, minor, isFreeThreaded: isFreeThreaded))
            let hasStable = (major, minor) >= (3, 2)
            let stable = isFreeThreaded ? "abi3t" : "abi3"
            if hasStable { add(own, stable) }
            add(own, "none")
            if hasStable, minor > 2 {
                for older in (2..<minor).reversed() { add("cp\(major)\(older)", stable) }
            }
        case .pypy:
            let interpreter = "pp\(major)\(minor)"
            // PyPy for Python 2 writes no version of Python into its ABI.
            add(interpreter, major == 2 ? "pypy_73" : "pypy\(major)\(minor)_pp73")
            add(interpreter, "none")
            own = "pp3"
        }
        let generic = ["py\(major)\(minor)", "py\(major)"] + (0..<minor).reversed().map { "py\(major)\($0)" }
        for interpreter in generic { add(interpreter, "none") }
        platformPairs = pairs
        anyPairs = ([own] + generic).map { Pair(interpreter: $0, abi: "none") }
        self.platforms = platforms
        platformSet = Set(platforms)
        platformPairSet = Set(platformPairs)
        anyPairSet = Set(anyPairs)
    }

    /// What stands behind the version in an ABI: `m` and `u` of old, `t` without the GIL.
    private static func abiFlags(_ major: Int, _ minor: Int, isFreeThreaded: Bool) -> String {
        if isFreeThreaded { return "t" }
        if (major, minor) < (3, 3) { return "mu" }
        return (major, minor) < (3, 8) ? "m" : ""
    }

    /// All of them, best first.
    var all: [CompatibilityTag] {
        var tags: [CompatibilityTag] = []
        for pair in platformPairs {
            for platform in platforms {
                tags.append(CompatibilityTag(interpreter: pair.interpreter, abi: pair.abi, platform: platform))
            }
        }
        for pair in anyPairs {
            tags.append(CompatibilityTag(interpreter: pair.interpreter, abi: pair.abi, platform: "any"))
        }
        return tags
    }

    /// Whether one of the tags of a wheel is among them.
    func contains(_ tags: WheelTags) -> Bool {
        let hasPlatform = tags.platforms.contains { platformSet.contains($0.asTag) }
        let isAny = tags.platforms.contains { $0.asTag == "any" }
        guard hasPlatform || isAny else { return false }
        for interpreter in tags.pythons {
            for abi in tags.abis {
                let pair = Pair(interpreter: interpreter.asTag, abi: abi.asTag)
                if hasPlatform && platformPairSet.contains(pair) || isAny && anyPairSet.contains(pair) { return true }
            }
        }
        return false
    }
}

extension String {
    /// The text in lower case, which tags nearly always are in.
    fileprivate var asTag: String {
        utf8.contains { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") || $0 >= 0x80 } ? lowercased() : self
    }
}

extension TargetEnvironment {
    /// The compatibility tags that the environment supports, best first, as `packaging.tags` gives them; some hundreds
    /// to thousands.
    package var supportedTags: [CompatibilityTag] { supported.all }

    /// Whether a wheel can be installed there, by its tags.
    package func accepts(_ tags: WheelTags) -> Bool { supported.contains(tags) }
}
