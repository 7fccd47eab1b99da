import Packaging
import SimpleIndex
import WheelMetadata

/// What holds for filenames: an input is a line with the name of a project, and all behind it a filename.
enum FilenameProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let end = input.firstIndex(of: UInt8(ascii: "\n")) ?? input.endIndex
        let filename = String(decoding: input[end...].dropFirst(), as: UTF8.self)
        try checkSafety(of: filename)
        try checkWheel(filename)
        guard let project = ProjectName(String(decoding: input[..<end], as: UTF8.self)) else { return }
        try check(project)
        switch parse(filename, project) {
        case .success(let read): try check(read, of: filename)
        case .failure(.foreign(_, _, let owner)):
            try check(owner)
            try require(owner != project, "'\(filename)' of \(project) is foreign, and of \(owner)")
            if case .failure(.foreign) = parse(filename, owner) {
                throw PropertyViolation(description: "'\(filename)' is foreign to its owner \(owner)")
            }
        case .failure(.unreadable(_, let reason)):
            try require(!reason.isEmpty, "'\(filename)' is refused without a reason")
        }
    }

    private static func parse(
        _ filename: String,
        _ project: ProjectName
    ) -> Result<DistributionFilename, DistributionFilenameError> {
        Result { () throws(DistributionFilenameError) in try DistributionFilename.parse(filename, project: project) }
    }

    /// Checks what makes a name safe to become that of a file, told apart without the rule's own code.
    private static func checkSafety(of filename: String) throws(PropertyViolation) {
        guard FilenameSafety.violation(of: filename) == nil else { return }
        let utf8 = filename.utf8
        try require((1...240).contains(utf8.count), "a safe name of \(utf8.count) bytes")
        try require(utf8.first != UInt8(ascii: "."), "the safe name '\(filename)' starts with a dot")
        try require(!utf8.contains(UInt8(ascii: "/")), "the safe name '\(filename)' has a slash")
        try require(!utf8.contains(UInt8(ascii: "\\")), "the safe name '\(filename)' has a backslash")
        try requirePrintable(filename)
        let lower = filename.lowercased()
        try require(!lower.hasSuffix(".metadata") && !lower.hasSuffix(".asc"), "'\(filename)' is a sidecar's name")
    }

    /// Checks that nothing in a filename makes an empty archive a wheel.
    private static func checkWheel(_ filename: String) throws(PropertyViolation) {
        do throws(WheelMetadataError) {
            _ = try WheelMetadata.read(wheel: [], filename: filename)
            throw WheelMetadataError(filename: filename, reason: .missing(others: []))
        } catch {
            let isExpected = error.reason == .notAWheelName || error.reason == .notAnArchive
            try require(isExpected, "an empty file '\(filename)' is \(error)")
        }
    }

    private static func check(_ name: ProjectName) throws(PropertyViolation) {
        let normal = name.normalized
        try require(ProjectName(normal) == name, "'\(normal)' is normalized to another name")
        try require((1...ProjectName.maximumByteCount).contains(normal.utf8.count), "the name '\(normal)' is too long")
        try require(
            !normal.hasPrefix("-") && !normal.hasSuffix("-") && !normal.contains("--")
                && normal.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"):
                        true
                    default: false
                    }
                },
            "'\(normal)' is not normalized as PEP 503 says"
        )
    }

    private static func check(_ read: DistributionFilename, of filename: String) throws(PropertyViolation) {
        try require(read.filename.isSameBytes(as: filename), "'\(filename)' became '\(read.filename)'")
        try require(!read.version.isEmpty, "'\(filename)' has an empty version")
        let start = filename.utf8.indices.first { filename.utf8[$0...].starts(with: read.version.utf8) }
        try require(start != nil, "the version '\(read.version)' does not stand in '\(filename)'")
        let hasSuffix = DistributionFilename.hasDistributionSuffix(filename)
        switch read.kind {
        case .wheel(let tags):
            try require(Version(read.version) != nil, "'\(filename)' is a wheel whose version is none")
            let sets = [tags.pythons, tags.abis, tags.platforms]
            try require(
                sets.allSatisfy { !$0.isEmpty && $0.allSatisfy { !$0.isEmpty } },
                "'\(filename)' has an empty tag"
            )
            let pieces = [read.version] + (tags.build.map { [$0] } ?? []) + sets.map { $0.joined(separator: ".") }
            let rest = Array("-\(pieces.joined(separator: "-"))".utf8)
            try require(
                Array(filename.utf8.dropLast(4)).suffix(rest.count).elementsEqual(rest),
                "the pieces \(pieces) are not those of '\(filename)'"
            )
            try require(hasSuffix, "the wheel '\(filename)' has no suffix of a distribution")
        case .other: try require(!hasSuffix, "'\(filename)' is of no kind, and has a suffix of one")
        default: try require(hasSuffix, "'\(filename)' is \(read.kind), and has no suffix of one")
        }
    }
}
