/// The text of a lock file.
struct LockFileText {
    /// The file, as the caller named it.
    let file: String
    let bytes: [UInt8]

    init(_ bytes: [UInt8], file: String) throws(LockFileError) {
        self.file = file
        guard bytes.count <= LockedFiles.maximumByteCount else {
            throw LockFileError(file: file, line: nil, problem: .tooLarge)
        }
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        self.bytes = hasMark ? Array(bytes.dropFirst(3)) : bytes
        guard !bytes.contains(0), UTF8Validity.isValid(self.bytes) else {
            throw LockFileError(file: file, line: nil, problem: .notText)
        }
    }

    /// The kind that the filename promises.
    var promisedKind: LockFileKind? { LockFileKind(filename: file.split(separator: "/").last ?? "") }

    /// The first byte that is no white space.
    var firstByte: UInt8? { bytes.first { $0 != UInt8(ascii: " ") && !(9...13).contains($0) } }

    /// An error of this file.
    func error(_ problem: LockFileError.Problem, line: Int?) -> LockFileError {
        LockFileError(file: file, line: line, problem: problem)
    }
}
