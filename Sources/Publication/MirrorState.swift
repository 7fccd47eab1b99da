internal import Digest
package import FileIO
internal import JSON
package import SystemPackage

/// What must survive a lost index: `state.json`.
package struct MirrorState: Equatable, Sendable {
    /// The number of the newest publication; the first is 1, 0 before it.
    package var generation: UInt64 = 0
    /// The generation at which readers are held by a rollback; `nil` when they see the newest.
    package var held: UInt64?
    /// The highest serial that the only upstream ever stated for its whole index; 0 when it states none.
    package var highestSerial: UInt64 = 0
    /// The same for each upstream, by its URL; one that states none is left out.
    package var serials: [String: UInt64] = [:]
    /// The number of the last bundle that an export began; 0 before the first.
    package var exported: UInt64 = 0
    /// The last bundle that was imported; `nil` before the first.
    package var imported: ImportedBundle?

    /// The state of a mirror that was never published.
    package init() {}

    /// Reads the state; that of a new mirror when there is none.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - fileSystem: What holds it.
    ///   - needsSeal: Whether a file that carries no digest is damaged.
    /// - Throws: ``PublicationError``; `damagedState` when it is not what ``write(root:fileSystem:)`` wrote.
    package init(root: FilePath, fileSystem: any FileSystem, needsSeal: Bool = false) throws(PublicationError) {
        let path = Self.path(root: root)
        do {
            let bytes = try fileSystem.contents(of: path, limit: 1 << 20)
            let document = try JSONDocument(bytes)
            guard let generation = document.root["generation"]?.unsigned,
                let highestSerial = document.root["highestSerial"]?.unsigned
            else { throw PublicationError.damagedState(path: path, detail: "it has no generation or serial") }
            try Seal.check(bytes, of: path, isNeeded: needsSeal)
            self.generation = generation
            self.highestSerial = highestSerial
            held = document.root["held"]?.unsigned
            exported = document.root["exported"]?.unsigned ?? 0
            if let value = document.root["imported"] {
                guard let imported = ImportedBundle(value) else {
                    throw PublicationError.damagedState(path: path, detail: "what was imported cannot be read")
                }
                self.imported = imported
            }
            if let serials = document.root["serials"] {
                for (url, serial) in serials.object { self.serials[url] = serial.unsigned }
            }
        } catch let error as FileError {
            guard error.isMissing else { throw .file(error) }
        } catch let error as PublicationError {
            throw error
        } catch {
            throw .damagedState(path: path, detail: "\(error)")
        }
    }

    /// Replaces the state on disk, durably.
    package func write(root: FilePath, fileSystem: any FileSystem) throws(PublicationError) {
        var writer = JSONWriter()
        writer.object { writer in
            if exported > 0 { writer.member("exported", exported) }
            writer.member("generation", generation)
            writer.member("held", held)
            writer.member("highestSerial", highestSerial)
            if let imported { writer.objectMember("imported") { imported.write(to: &$0) } }
            guard !serials.isEmpty else { return }
            writer.objectMember("serials") { writer in
                for (url, serial) in serials.sorted(by: { $0.key < $1.key }) { writer.member(url, serial) }
            }
        }
        let object = writer.bytes
        try PublicationError.wrapping {
            try fileSystem.replace(Self.path(root: root), with: try Seal.apply(to: object))
        }
    }

    /// The highest serial that an upstream ever stated; serials of different upstreams cannot be compared.
    ///
    /// - Parameters:
    ///   - url: The URL of the upstream.
    ///   - isOnly: Whether it is the only one, of which a state tells that names no URLs.
    /// - Returns: 0 when it stated none.
    package func highestSerial(of url: String, isOnly: Bool) -> UInt64 {
        serials[url] ?? (isOnly && serials.isEmpty ? highestSerial : 0)
    }

    /// Notes a serial that an upstream stated.
    ///
    /// - Parameters:
    ///   - serial: The serial.
    ///   - url: The URL of the upstream.
    ///   - isOnly: Whether it is the only one.
    package mutating func note(serial: UInt64, of url: String, isOnly: Bool) {
        let highest = max(serial, highestSerial(of: url, isOnly: isOnly))
        serials[url] = highest
        highestSerial = isOnly ? highest : 0
    }

    private static func path(root: FilePath) -> FilePath { root.appending("state.json") }
}
