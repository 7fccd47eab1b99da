internal import Digest
internal import Tar

/// Deals members out to volumes: in their order, each volume filled before the next.
///
/// An object that no volume has room for is split. Of a part only its place is known here, and not yet its digest.
package struct VolumePlan: Sendable {
    /// What goes into a volume next.
    package enum Step: Equatable, Sendable {
        /// A new volume begins.
        case volume
        /// A member as a whole.
        case whole
        /// So many bytes of it, from an offset on.
        case part(offset: UInt64, size: UInt64)
    }

    private let size: VolumeSize
    /// What the manifest of the volume takes so far, and the archive's members.
    private var manifest: UInt64 = 0
    private var archive: UInt64 = 0
    /// What else has to fit on the medium of the volume.
    private var beside: UInt64
    private var isOpen = false

    /// What a line of a manifest takes at most.
    package static let lineBytes = UInt64(520)

    /// Plans volumes for a medium.
    ///
    /// - Parameters:
    ///   - size: The room on each medium.
    ///   - beside: What has to fit on the first one beside its volume.
    package init(_ size: VolumeSize, beside: UInt64 = 0) {
        self.size = size
        self.beside = beside
    }

    /// Places a member.
    ///
    /// - Parameters:
    ///   - bytes: How many bytes it has.
    ///   - canSplit: Whether it may be split.
    /// - Returns: What to do, in order.
    package mutating func place(_ bytes: UInt64, canSplit: Bool) -> [Step] {
        var steps: [Step] = []
        if !isOpen { open(&steps) }
        // What shares a medium with others only while that leaves room for something gets one of its own.
        if !fits(bytes), archive == 0 { beside = 0 }
        if !fits(bytes), archive > 0, emptyRoom.map({ $0 >= bytes }) ?? false || !canSplit { open(&steps) }
        // Without parts, what is larger than a medium makes a volume that is too large.
        guard !fits(bytes), canSplit else {
            add(bytes)
            return steps + [.whole]
        }
        var offset: UInt64 = 0
        while offset < bytes {
            if !fits(min(bytes - offset, Self.leastPart)) { open(&steps) }
            // A volume that was just begun has room for something, or no medium would have.
            let part = min(room ?? bytes, bytes - offset)
            add(part)
            steps.append(.part(offset: offset, size: part))
            offset += part
        }
        return steps
    }

    /// Splitting off less than this is not worth a member.
    private static let leastPart: UInt64 = 64 << 10

    private mutating func open(_ steps: inout [Step]) {
        steps.append(.volume)
        if isOpen { beside = 0 }
        isOpen = true
        manifest = 0
        archive = 0
    }

    private mutating func add(_ bytes: UInt64) {
        archive += TarWriter.byteCount(ofMember: bytes)
        manifest += Self.lineBytes
    }

    private func fits(_ bytes: UInt64) -> Bool { room.map { bytes <= $0 } ?? false }

    /// How many bytes the next member of the volume may have; `nil` when there is room for no member at all.
    private var room: UInt64? { room(beside: archive, manifest, beside) }

    /// How many bytes the first member of a volume may have.
    private var emptyRoom: UInt64? { room(beside: 0, 0, 0) }

    private func room(beside archive: UInt64, _ manifest: UInt64, _ others: UInt64) -> UInt64? {
        guard case .bytes(let limit) = size else { return .max }
        // An archive ends with two blocks, and is as long as a multiple of its records.
        let fixed = manifest + Self.lineBytes + others
        guard limit > fixed else { return nil }
        let records = (limit - fixed) / TarWriter.recordSize * TarWriter.recordSize
        let taken = archive + 1_024 + TarWriter.byteCount(ofMember: 0)
        guard records >= taken else { return nil }
        let room = (records - taken) / 512 * 512
        // A larger one takes a larger header.
        return room >= 8 << 30 ? room - 1_024 : room
    }
}
