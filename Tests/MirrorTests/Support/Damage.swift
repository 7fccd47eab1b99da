import Digest
import Foundation
import Glibc
import SystemPackage
import Testing

/// Changes the bytes of a file in place, whatever its permissions, and keeps those.
func rewrite(_ path: FilePath, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
    change(&bytes)
    let mode = try FileManager.default.attributesOfItem(atPath: path.string)[.posixPermissions]
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path.string)
    // Written into the same file, as rot does it; a new file would be a new inode.
    let file = try #require(FileHandle(forWritingAtPath: path.string))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(bytes))
    try file.close()
    try FileManager.default.setAttributes([.posixPermissions: mode ?? 0o444], ofItemAtPath: path.string)
}

extension TestMirror {
    /// The names of what lies in quarantine, without stories.
    var quarantined: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: root.appending("quarantine").string)
                .filter { !$0.hasSuffix(".json") }.sorted()
        }
    }

    /// The stories in quarantine.
    var stories: [Report] {
        get throws {
            let folder = root.appending("quarantine")
            return try FileManager.default.contentsOfDirectory(atPath: folder.string).filter { $0.hasSuffix(".json") }
                .sorted()
                .map { name in
                    let data = try Data(contentsOf: URL(fileURLWithPath: folder.appending(name).string))
                    return Report(object: try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:])
                }
        }
    }

    /// Where the record of a project lies.
    func record(of project: String) throws -> FilePath {
        let records = try FileManager.default.subpathsOfDirectory(atPath: root.appending("records").string)
        return root.appending("records")
            .pushing(FilePath(try #require(records.first { $0.hasSuffix("/\(project).json") })))
    }

    /// Where the package link of a file lies.
    func link(of filename: String) throws -> FilePath {
        let links = try FileManager.default.subpathsOfDirectory(atPath: root.appending("packages").string)
        return root.appending("packages").pushing(FilePath(try #require(links.first { $0.hasSuffix("/\(filename)") })))
    }

    /// Where the object of some bytes lies.
    func object(withBytes bytes: [UInt8]) throws -> FilePath {
        let hex = try SHA256Digest.hash(bytes).hex
        return root.pushing(FilePath("objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"))
    }

    /// Where the object of a file's sidecar lies.
    func sidecar(of filename: String) throws -> FilePath {
        let link = try link(of: filename + ".metadata")
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: link.string)
        return link.removingLastComponent().pushing(FilePath(target)).lexicallyNormalized()
    }

    /// What lies at the names of all objects.
    func objectBytes() throws -> [String: [UInt8]] {
        let folder = root.appending("objects")
        var objects: [String: [UInt8]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.string) {
            let full = folder.pushing(FilePath(path)).string
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            objects[path] = Array(try Data(contentsOf: URL(fileURLWithPath: full)))
        }
        return objects
    }
}
