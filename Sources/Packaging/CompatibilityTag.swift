/// A compatibility tag (PEP 425), such as `cp312-abi3-manylinux_2_17_x86_64`; lower-case.
package struct CompatibilityTag: Hashable, Sendable {
    /// The Python implementation and version, such as `cp312`.
    package let interpreter: String
    /// The ABI, such as `abi3` or `none`.
    package let abi: String
    /// The platform, such as `win_amd64` or `any`.
    package let platform: String

    /// A tag of its three parts, which are taken in lower case.
    package init(interpreter: String, abi: String, platform: String) {
        self.interpreter = interpreter.lowercased()
        self.abi = abi.lowercased()
        self.platform = platform.lowercased()
    }
}

extension CompatibilityTag: CustomStringConvertible {
    package var description: String { "\(interpreter)-\(abi)-\(platform)" }
}

extension WheelTags {
    /// The tags that the compressed set stands for: as many as its parts have combinations.
    package var tags: Set<CompatibilityTag> {
        var tags: Set<CompatibilityTag> = []
        for python in pythons {
            for abi in abis {
                for platform in platforms {
                    tags.insert(CompatibilityTag(interpreter: python, abi: abi, platform: platform))
                }
            }
        }
        return tags
    }
}
