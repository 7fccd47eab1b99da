internal import CArchive
internal import Glibc
internal import SystemPackage

/// The bytes of one wheel, as libarchive asks for them.
///
/// It counts what is read, so that an archive whose directory is a flood is left before libarchive has it in memory.
final class WheelSource {
    /// Where the bytes are.
    enum Storage {
        /// A descriptor, read by `pread` so that its position does not matter.
        case descriptor(Int32)
        /// Memory that outlives the source.
        case memory(UnsafeRawBufferPointer)
    }

    private static let blockSize = 16 << 10

    private let storage: Storage
    private let size: Int64
    private let block: UnsafeMutableRawBufferPointer
    private var position: Int64 = 0

    /// How many more bytes may be read.
    var allowance = Int.max
    /// The error that ended a read.
    private(set) var failure: Errno?
    /// Whether a read was refused because the allowance was used up.
    private(set) var isExhausted = false

    /// - Throws: What `fstat` answers.
    init(_ storage: Storage) throws(Errno) {
        switch storage {
        case .memory(let bytes): size = Int64(bytes.count)
        case .descriptor(let descriptor):
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Errno(rawValue: errno) }
            size = Int64(status.st_size)
        }
        self.storage = storage
        block = .allocate(byteCount: Self.blockSize, alignment: 16)
    }

    deinit {
        block.deallocate()
    }

    /// Opens `archive` on the bytes; the source has to outlive it.
    func open(_ archive: OpaquePointer) -> Int32 {
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive) { _, source, bytes in
            guard let source, let bytes else { return Int(ARCHIVE_FATAL) }
            return Unmanaged<WheelSource>.fromOpaque(source).takeUnretainedValue().read(&bytes.pointee)
        }
        archive_read_set_seek_callback(archive) { _, source, offset, whence in
            guard let source else { return Int64(ARCHIVE_FATAL) }
            return Unmanaged<WheelSource>.fromOpaque(source).takeUnretainedValue().seek(offset, whence)
        }
        archive_read_set_skip_callback(archive) { _, source, count in
            guard let source else { return Int64(ARCHIVE_FATAL) }
            return Unmanaged<WheelSource>.fromOpaque(source).takeUnretainedValue().skip(count)
        }
        return archive_read_open1(archive)
    }

    private func read(_ bytes: inout UnsafeRawPointer?) -> Int {
        let wanted = Int(min(Int64(Self.blockSize), size - position))
        guard wanted > 0 else { return 0 }
        guard wanted <= allowance else {
            isExhausted = true
            return Int(ARCHIVE_FATAL)
        }
        var count = wanted
        switch storage {
        case .memory(let memory): bytes = memory.baseAddress.map { $0 + Int(position) }
        case .descriptor(let descriptor):
            repeat {
                count = pread(descriptor, block.baseAddress, wanted, Int(position))
            } while count < 0 && errno == EINTR
            guard count >= 0 else {
                failure = Errno(rawValue: errno)
                return Int(ARCHIVE_FATAL)
            }
            bytes = UnsafeRawPointer(block.baseAddress)
        }
        position += Int64(count)
        allowance -= count
        return count
    }

    private func skip(_ count: Int64) -> Int64 {
        let skipped = max(0, min(count, size - position))
        position += skipped
        return skipped
    }

    private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        let base: Int64? =
            switch whence {
            case SEEK_SET: 0
            case SEEK_CUR: position
            case SEEK_END: size
            default: nil
            }
        // Offsets come from the archive, so that anything may be asked for.
        guard let base, case (let target, let overflow) = base.addingReportingOverflow(offset), !overflow,
            (0...size).contains(target)
        else { return Int64(ARCHIVE_FATAL) }
        position = target
        return target
    }
}
