import Bundle
import Digest
import Packaging
import Tar
import Testing

/// How members are dealt out to volumes, and volumes to media.
@Suite("Volume plans") struct VolumePlanTests {
    /// A volume as it is planned: what of which member goes into it.
    private struct Planned {
        var members: [(member: Int, offset: UInt64, size: UInt64)] = []

        var archive: UInt64 {
            TarWriter.byteCount(ofArchive: members.reduce(0) { $0 + TarWriter.byteCount(ofMember: $1.size) })
        }

        /// What it takes on a medium, with lines as long as they can be.
        var size: UInt64 { archive + UInt64(members.count) * VolumePlan.lineBytes }
    }

    private func volumes(_ sizes: [UInt64], _ plan: VolumePlan, canSplit: Bool) -> [Planned] {
        var plan = plan
        var volumes: [Planned] = []
        for (member, size) in sizes.enumerated() {
            for step in plan.place(size, canSplit: canSplit) {
                switch step {
                case .volume: volumes.append(Planned())
                case .whole: volumes[volumes.count - 1].members.append((member, 0, size))
                case .part(let offset, let count): volumes[volumes.count - 1].members.append((member, offset, count))
                }
            }
        }
        return volumes
    }

    @Test("Whatever the sizes: every byte once and in order, no volume larger than its medium, none to spare")
    func property() {
        var chance = Chance(state: 7)
        for _ in 0..<2_000 {
            let limit = UInt64.random(in: VolumeSize.least...(8 << 20), using: &chance)
            let beside = UInt64.random(in: 0...limit, using: &chance)
            let sizes = (0..<Int.random(in: 1...60, using: &chance)).map { _ in
                switch Int.random(in: 0..<10, using: &chance) {
                case 0: UInt64.random(in: limit...(5 * limit), using: &chance)
                case 1: limit - UInt64.random(in: 0..<20_000, using: &chance)
                case 2: UInt64.random(in: 0...1_024, using: &chance) / 512 * 512
                default: UInt64.random(in: 0...(limit / 3), using: &chance)
                }
            }
            let planned = volumes(sizes, VolumePlan(.bytes(limit), beside: beside), canSplit: true)
            // In their order, and without holes.
            var (member, offset) = (0, UInt64(0))
            for part in planned.flatMap(\.members) {
                if part.offset == 0, part.member > member {
                    #expect(offset == sizes[member])
                    (member, offset) = (part.member, 0)
                }
                #expect(part.member == member && part.offset == offset)
                offset += part.size
            }
            #expect(member == sizes.count - 1 && offset == sizes[member])
            for (number, volume) in planned.enumerated() {
                #expect(
                    !volume.members.isEmpty && volume.size <= limit,
                    "volume \(number): \(volume.members), \(volume.size) bytes on \(limit), beside \(beside): \(sizes)"
                )
            }
            for (volume, next) in zip(planned.dropFirst(), planned.dropFirst(2)) {
                #expect(volume.size + next.size + 2 * TarWriter.recordSize > limit, "two volumes would be one")
            }
        }
    }

    @Test("What may not be split gets a volume of its own, and one volume takes everything where nothing limits it")
    func whole() {
        let large: UInt64 = 3 << 20
        let planned = volumes([10, large, 20], VolumePlan(.bytes(1 << 20)), canSplit: false)
        #expect(planned.map { $0.members.map(\.member) } == [[0], [1], [2]])
        let one = volumes([10, large, 1 << 40], VolumePlan(.unlimited), canSplit: true)
        #expect(one.count == 1 && one[0].members.map(\.size) == [10, large, 1 << 40])
    }

    @Test("An archive is as long as is planned")
    func byteCounts() throws {
        for sizes in [[], [0], [1], [511, 512, 513], [9_216], [10_240 - 1_536], Array(repeating: 700, count: 99)]
            as [[Int]]
        {
            var written = 0
            let writer = try TarWriter { written += $0.count }
            for (number, size) in sizes.enumerated() {
                try writer.begin("objects/ab/cd/\(number)", size: UInt64(size))
                let bytes = [UInt8](repeating: 7, count: size)
                try bytes.withUnsafeBytes { try writer.write($0) }
            }
            try writer.finish()
            let members = sizes.reduce(UInt64(0)) { $0 + TarWriter.byteCount(ofMember: UInt64($1)) }
            #expect(UInt64(written) == TarWriter.byteCount(ofArchive: members), "\(sizes)")
        }
    }

    @Test("The files beside the volumes share the first medium with what has room there, and with nothing else")
    func media() {
        let limit: UInt64 = 1_000
        func dealt(_ sizes: [UInt64], records: Int, others: UInt64) -> [[Int]] {
            BundleMedia(sizes, recordVolumes: records, on: .bytes(limit), beside: others).volumes
        }
        #expect(dealt([300, 400, 900], records: 1, others: 300) == [[1, 2], [3]])
        #expect(dealt([900, 400, 900], records: 1, others: 300) == [[2], [1], [3]])
        #expect(dealt([900, 300, 900, 900], records: 2, others: 300) == [[2], [1], [3], [4]])
        #expect(dealt([900, 900], records: 1, others: 300) == [[], [1], [2]])
        #expect(dealt([], records: 0, others: 300) == [[]])
        let all = BundleMedia([300, 400, 900], recordVolumes: 1, on: .unlimited, beside: 5_000)
        #expect(all.volumes == [[1, 2, 3]])
        #expect(all.files[0].first == "volume-0001.tar" && all.files[0].count == 6)
    }

    @Test("A line of a manifest is never longer than is planned")
    func lines() throws {
        let digest = try SHA256Digest.hash([])
        let name = try #require(ProjectName(String(repeating: "a", count: ProjectName.maximumByteCount)))
        let part = BundleMember.Content.part(
            digest,
            of: digest,
            offset: BundleBounds.bytes,
            total: BundleBounds.bytes
        )
        for content in [part, .object(digest), .record(digest)] {
            let line = BundleMember(content, size: BundleBounds.bytes, project: name).line
            #expect(UInt64(line.count) <= VolumePlan.lineBytes)
        }
    }
}

/// Numbers by chance, the same in every run (SplitMix64).
private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
