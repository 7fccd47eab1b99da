/// Which files of a bundle go together onto one medium.
///
/// The files beside the volumes lie on the first one, with those volumes that are known to have room there: the last one
/// with records, which is seldom full, and the first one with objects, which takes what is left. Each other volume has a
/// medium of its own.
package struct BundleMedia: Equatable, Sendable {
    /// The volumes on each medium, by their numbers.
    package let volumes: [[Int]]

    /// Deals volumes out.
    ///
    /// - Parameters:
    ///   - sizes: What the archive and the manifest of each volume take, in bytes.
    ///   - recordVolumes: How many of them hold records; they come first.
    ///   - size: The room on a medium.
    ///   - others: What the files beside the volumes take.
    package init(_ sizes: [UInt64], recordVolumes: Int, on size: VolumeSize, beside others: UInt64) {
        guard case .bytes(let limit) = size else {
            volumes = [Array(sizes.indices.map { $0 + 1 })]
            return
        }
        var first: [Int] = []
        var taken = others
        for number in [recordVolumes, recordVolumes + 1] where sizes.indices.contains(number - 1) {
            guard taken + sizes[number - 1] <= limit else { continue }
            first.append(number)
            taken += sizes[number - 1]
        }
        volumes = [first] + sizes.indices.map { $0 + 1 }.filter { !first.contains($0) }.map { [$0] }
    }

    /// What the files beside the volumes take at most, the list of projects aside: `bundle.json`, signatures, `SHA256SUMS`
    /// and `README.txt`, each with some words for every volume.
    ///
    /// - Parameter count: How many volumes there are.
    /// - Returns: Bytes.
    package static func byteCount(besideVolumes count: UInt64) -> UInt64 { 16 << 10 + 700 * count }

    /// The files of each medium; of the first one without those that every bundle has.
    package var files: [[String]] {
        volumes.map { numbers in numbers.flatMap { [BundleFiles.archive($0), BundleFiles.manifest($0)] } }
    }
}
