package import SystemPackage

/// The lines of a file, one after the other, with a bounded part of it in memory.
///
/// It belongs to one thread.
package final class LineReader {
    private static let blockSize = 256 << 10

    private let file: FileHandle
    private let fileSystem: any FileSystem
    /// The most bytes that the next line may have.
    package var limit: Int
    private var buffer: [UInt8]
    private var position = 0
    private var end = 0
    private var isAtEnd = false
    /// The number of the line that was read last; the first is 1.
    package private(set) var number = 0

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - fileSystem: What holds it.
    ///   - limit: The most bytes that a line may have.
    /// - Throws: ``FileError``.
    package init(_ path: FilePath, fileSystem: any FileSystem, limit: Int) throws(FileError) {
        file = try fileSystem.open(path, for: .reading)
        self.fileSystem = fileSystem
        self.limit = limit
        buffer = [UInt8](repeating: 0, count: Self.blockSize)
    }

    /// The next line, without what ends it; `nil` at the end of the file.
    ///
    /// - Throws: ``FileError``, with `EFBIG` for a line that is longer than the limit.
    package func next() throws(FileError) -> ArraySlice<UInt8>? {
        var searched = position
        while true {
            if let newline = buffer[searched..<end].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = newline + 1 }
                number += 1
                return buffer[position..<newline]
            }
            if isAtEnd {
                guard position < end else { return nil }
                defer { position = end }
                number += 1
                return buffer[position..<end]
            }
            guard end - position <= limit else {
                throw FileError(operation: "read", path: file.path, errno: .fileTooLarge)
            }
            try fill()
            searched = position
        }
    }

    /// Reads more behind what is left, which moves to the front.
    private func fill() throws(FileError) {
        if position > 0 {
            buffer.replaceSubrange(0..<(end - position), with: Array(buffer[position..<end]))
            end -= position
            position = 0
        }
        if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
        let count = try fileSystem.read(into: &buffer, at: end, from: file)
        if count == 0 { isAtEnd = true }
        end += count
    }
}
