import Bundle
import Digest

/// What holds for the files of a bundle and for inventories.
enum BundleProperties {
    /// `bundle.json`: what is read says the same when it is written, and no sum of its numbers leaves 64 bits.
    static func checkDescription(_ input: [UInt8]) throws(PropertyViolation) {
        let bundle: BundleDescription
        do throws(BundleError) {
            bundle = try BundleDescription(input)
        } catch {
            return try requirePrintable(error.description)
        }
        try require((try? BundleDescription(bundle.bytes)) == bundle, "it is another one when it is written and read")
        let room = bundle.volumes.reduce(0) { $0 + $1.size } + bundle.list.size
        try require(bundle.memberBytes <= room, "its members have more bytes than its volumes")
        try require(BundleBounds.times.contains(bundle.created), "it was made at no time")
        let sizes = bundle.volumes.map(\.size)
        for limit in [VolumeSize.unlimited, .bytes(1 << 20)] {
            let media = BundleMedia(sizes, recordVolumes: 1, on: limit, beside: bundle.list.size)
            let dealt = media.volumes.flatMap { $0 }
            try require(dealt.sorted() == Array(sizes.indices).map { $0 + 1 }, "a volume lies on no medium, or on two")
        }
        if let base = bundle.base {
            try require(base.isMet(by: base), "it does not lead on from what it leads on from")
        }
    }

    /// A line of a manifest, of a list of projects, or of an inventory: whatever takes it writes it back.
    static func checkLine(_ input: [UInt8]) throws(PropertyViolation) {
        if let member = try read(input, BundleMember.init(line:), { $0.line }) { try checkName(of: member) }
        _ = try read(input, BundleProject.init(line:), { $0.line })
        _ = try read(input, InventoryHead.init(line:), { $0.line })
        if let project = try read(input, InventoryProject.init(line:), { $0.line }) {
            try require(project.objects.allSatisfy(project.has), "it has an object that it has not")
        }
        _ = InventoryEnd.projects(line: input)
    }

    /// What a line says; `nil` when it is refused.
    private static func read<Value: Equatable>(
        _ input: [UInt8],
        _ parse: ([UInt8]) throws(BundleError) -> Value,
        _ line: (Value) -> [UInt8]
    ) throws(PropertyViolation) -> Value? {
        let value: Value
        do throws(BundleError) {
            value = try parse(input)
        } catch {
            try requirePrintable(error.description)
            return nil
        }
        try require((try? parse(line(value))) == value, "\(value) is another one when it is written and read")
        return value
    }

    private static func checkName(of member: BundleMember) throws(PropertyViolation) {
        let parts = member.name.split(separator: "/", omittingEmptySubsequences: false)
        let isDigest = parts.count == 4 && SHA256Digest(hex: String(parts[3])) == member.digest
        try require(isDigest, "\(member.name) is no name of a member")
    }
}
