import Digest
import Foundation
import Glibc
import SystemPackage
import Testing

/// What `[publish] link` can be.
enum LinkMode: String, CaseIterable, Sendable {
    case symlink
    case hardlink
    case copy

    /// The others.
    var others: [LinkMode] { Self.allCases.filter { $0 != self } }
}

extension TestMirror {
    /// Sets `[publish] link`.
    func setLink(_ mode: LinkMode) throws { try configure("link", "\"\(mode.rawValue)\"", in: "[publish]") }

    /// The paths of all names of packages.
    func packageNames() throws -> [FilePath] {
        let folder = root.appending("packages")
        return try FileManager.default.subpathsOfDirectory(atPath: folder.string)
            .filter { $0.split(separator: "/").count == 4 }.sorted().map { folder.pushing(FilePath($0)) }
    }

    /// The names of packages by what they are, each of which has to have the bytes of an object.
    func linkModes() throws -> [LinkMode: Int] {
        var modes: [LinkMode: Int] = [:]
        for name in try packageNames() { modes[try linkMode(of: name), default: 0] += 1 }
        return modes
    }

    /// What a name of a package is.
    func linkMode(of name: FilePath) throws -> LinkMode {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: name.string)))
        let hex = try SHA256Digest.hash(bytes).hex
        let object = root.appending("objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)")
        var (own, its) = (stat(), stat())
        try #require(lstat(name.string, &own) == 0 && lstat(object.string, &its) == 0, "\(name): \(hex)")
        if own.st_mode & S_IFMT == S_IFLNK { return .symlink }
        #expect(own.st_mode & 0o7777 == 0o444, "\(name)")
        return own.st_ino == its.st_ino ? .hardlink : .copy
    }

    /// Expects that all names of packages are of one kind, and that a verification finds nothing.
    func expectOrder(_ mode: LinkMode, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(Array(try linkModes().keys) == [mode], sourceLocation: sourceLocation)
        let verification = try verify()
        #expect(verification.exitCode == 0, "\(verification)", sourceLocation: sourceLocation)
        #expect(try run("status", "--json").report.text("links.kind") == mode.rawValue, sourceLocation: sourceLocation)
    }
}
