internal import FileIO
internal import Gzip
internal import SimpleIndex
internal import SystemPackage

/// Compares a list of projects on disk with the one that it should be, piece by piece.
struct RootListComparison {
    /// What is wrong with a file that is not there.
    static let missing = "it is missing"

    private let list: PublishedRootList
    private var writer: PublishedRootListWriter
    private var next = 0
    private var isFinished = false
    private var rest: ArraySlice<UInt8> = []

    /// Compares with the bytes of a list in one of its forms.
    init(_ list: PublishedRootList, _ form: PublishedRootListWriter.Form) {
        self.list = list
        writer = PublishedRootListWriter(form, serial: list.serial)
    }

    /// What is wrong with a file; `nil` when it has the bytes that are expected.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isCompressed: Whether it holds the bytes packed.
    ///   - fileSystem: What holds it.
    /// - Returns: What is wrong, in one line.
    /// - Throws: `FileError` for a file that cannot be read, ``GzipError`` when memory is short.
    consuming func problem(
        of path: FilePath,
        isCompressed: Bool,
        _ fileSystem: any FileSystem
    ) throws -> String? {
        var matches = true
        do {
            let file = try fileSystem.open(path, for: .reading)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var decompressor = try StreamDecompressor(.gzip)
            while matches {
                let count = try fileSystem.read(into: &buffer, from: file)
                if count == 0 { break }
                try buffer.withUnsafeBytes { bytes in
                    let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                    if isCompressed {
                        try decompressor.unpack(piece) { (part) throws(GzipError) in matches = matches && take(part) }
                    } else {
                        matches = take(piece)
                    }
                }
            }
            if isCompressed, matches, !decompressor.isAtEnd { return "it ends within its compressed bytes" }
        } catch let error as FileError where error.isMissing {
            return Self.missing
        } catch let error as GzipError {
            if case .outOfMemory = error { throw error }
            return "\(error)"
        }
        fill()
        return matches && rest.isEmpty ? nil : "it is not the list of the projects that are published"
    }

    /// Whether these are the next bytes.
    private mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var bytes = bytes
        while !bytes.isEmpty {
            fill()
            let count = min(bytes.count, rest.count)
            guard count > 0, rest.prefix(count).elementsEqual(bytes.prefix(count)) else { return false }
            rest = rest.dropFirst(count)
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
        }
        return true
    }

    /// Writes some more of the list when all that was written is compared.
    private mutating func fill() {
        guard rest.isEmpty, !isFinished else { return }
        while writer.bytes.count < 1 << 16, next < list.entries.count {
            writer.append(list.entries[next])
            next += 1
        }
        if next == list.entries.count {
            writer.finish()
            isFinished = true
        }
        rest = writer.bytes[...]
        writer.bytes = []
    }
}
