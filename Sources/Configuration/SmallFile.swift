internal import Glibc
internal import SystemPackage

/// A file of at most 64 KiB of UTF-8, read whole.
struct SmallFile {
    var text = ""
    var mode: mode_t = 0

    struct Failure: Error {
        let number: Errno?
        let message: String
    }

    /// Reads a file.
    init(_ path: FilePath) throws(Failure) {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? descriptor.close() }
            var status = stat()
            guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
            mode = status.st_mode
            let limit = 65536
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                let count = bytes.count
                bytes += [UInt8](repeating: 0, count: 4096)
                let read = try bytes.withUnsafeMutableBytes { buffer in
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
                }
                bytes.removeLast(4096 - read)
                if read == 0 { break }
            }
            guard bytes.count <= limit else { throw Failure(number: nil, message: "is larger than 64 KiB") }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(number: nil, message: "is not UTF-8 text")
            }
            self.text = text
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(number: error as? Errno, message: "cannot be read: \(error)")
        }
    }

    /// What is wrong where others than its owner may read or write a file of secrets; `nil` where they may not.
    func openness(_ path: FilePath) -> String? {
        guard mode & 0o077 != 0 else { return nil }
        let text = "0" + String(mode & 0o777, radix: 8)
        return "is open to others than its owner (mode \(text)); run: chmod 600 '\(path)'"
    }
}
