internal import Packaging

/// The project and version that a wheel's filename claims, to compare `.dist-info` directories with.
struct WheelIdentity {
    private let name: ProjectName
    private let version: [UInt8]

    /// Takes the first two parts between hyphens (PEP 427); `nil` when they cannot be a name and a version.
    init?(filename: String) {
        guard filename.utf8.count <= 255, filename.hasSuffix(".whl") else { return nil }
        let parts = filename.utf8.dropLast(4).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 5, let name = ProjectName(Substring(parts[0])), !parts[1].isEmpty else { return nil }
        self.name = name
        version = Self.comparable(parts[1])
    }

    /// Whether a directory `<name>-<version>.dist-info` is of this wheel, `stem` being what stands before the suffix.
    ///
    /// Old tools left hyphens, dots and capitals in the name, and hyphens in the version, so that any hyphen may be the
    /// one between them; but all spellings of a version have one length. Names in an archive may be long, and there may
    /// be many: trying every hyphen would take the square of their length.
    func owns(stem: Substring) -> Bool {
        let utf8 = stem.utf8
        guard let hyphen = utf8.index(utf8.endIndex, offsetBy: -version.count - 1, limitedBy: utf8.startIndex),
            utf8[hyphen] == UInt8(ascii: "-")
        else { return false }
        return Self.comparable(utf8[utf8.index(after: hyphen)...]) == version && ProjectName(stem[..<hyphen]) == name
    }

    /// A version in one spelling, which is as long: lower case, `_` for `-` (PEP 427 escapes it so), and `.` for both in
    /// a local version (PEP 440, "Local version identifiers").
    private static func comparable(_ version: some Sequence<UInt8>) -> [UInt8] {
        var isLocal = false
        return version.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte | 0x20
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return isLocal ? UInt8(ascii: ".") : UInt8(ascii: "_")
            case UInt8(ascii: "+"):
                isLocal = true
                return byte
            default: return byte
            }
        }
    }
}
