package import FileIO
internal import JSON
package import SystemPackage

/// What must survive a lost index: `state.json`.
package struct MirrorState: Equatable, Sendable {
    /// The number of the newest publication; the first is 1, 0 before it.
    package var generation: UInt64 = 0
    /// The highest serial that upstream ever stated for its whole index; 0 when it states none.
    package var highestSerial: UInt64 = 0

    /// The state of a mirror that was never published.
    package init() {}

    /// Reads the state; that of a new mirror when there is none.
    ///
    /// - Throws: ``PublicationError``; `damagedState` when it is not what ``write(root:fileSystem:)`` wrote.
    package init(root: FilePath, fileSystem: any FileSystem) throws(PublicationError) {
        let path = Self.path(root: root)
        do {
            let document = try JSONDocument(try fileSystem.contents(of: path, limit: 1 << 20))
            guard let generation = document.root["generation"]?.unsigned,
                let highestSerial = document.root["highestSerial"]?.unsigned
            else { throw PublicationError.damagedState(path: path, detail: "it has no generation or serial") }
            self.generation = generation
            self.highestSerial = highestSerial
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
            writer.member("generation", generation)
            writer.member("highestSerial", highestSerial)
        }
        do throws(FileError) {
            try fileSystem.replace(Self.path(root: root), with: writer.bytes + [UInt8(ascii: "\n")])
        } catch {
            throw .file(error)
        }
    }

    private static func path(root: FilePath) -> FilePath { root.appending("state.json") }
}
