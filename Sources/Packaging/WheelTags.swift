/// The tags in a wheel's filename (PEP 425): a compressed set stands for all its combinations.
package struct WheelTags: Hashable, Sendable {
    /// The build tag, which starts with a digit; `nil` when there is none.
    package let build: String?
    /// The Python tags, in the order written, such as `py2`, `py3`; at least one.
    package let pythons: [String]
    /// The ABI tags, such as `abi3`, `none`; at least one.
    package let abis: [String]
    /// The platform tags, such as `manylinux_2_17_x86_64`, `any`; at least one.
    package let platforms: [String]

    /// Tags from the last three pieces of the filename; `nil` when one of them, or a part between dots, is empty.
    init?(build: String?, pieces: ArraySlice<Substring>) {
        let sets = pieces.map { piece in
            piece.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
                String(Substring($0))
            }
        }
        guard sets.count == 3, sets.allSatisfy({ $0.allSatisfy { !$0.isEmpty } }) else { return nil }
        self.build = build
        (pythons, abis, platforms) = (sets[0], sets[1], sets[2])
    }
}
