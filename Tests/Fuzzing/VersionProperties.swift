import Packaging

/// What holds for versions: an input is up to eight lines, each the spelling of one.
enum VersionProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 7, omittingEmptySubsequences: false)
        let spelled = lines.map { SpelledVersion(String(decoding: $0, as: UTF8.self)) }
        for one in spelled {
            guard let version = one.version else { continue }
            try checkNormalForm(of: version, spelled: one.spelling)
        }
        try checkOrder(spelled.compactMap(\.version))
        try checkOrder(spelled)
    }

    private static func checkNormalForm(of version: Version, spelled: String) throws(PropertyViolation) {
        let normal = version.description
        guard let again = Version(normal) else {
            throw PropertyViolation(description: "'\(spelled)' is read, its normal form '\(normal)' is not")
        }
        try require(again == version, "'\(spelled)' differs from its normal form '\(normal)'")
        try require(again.hashValue == version.hashValue, "'\(spelled)' hashes unlike its normal form '\(normal)'")
        try require(again.description.isSameBytes(as: normal), "the normal form of '\(normal)' is '\(again)'")
        try require(
            normal.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."),
                    UInt8(ascii: "!"), UInt8(ascii: "+"):
                    true
                default: false
                }
            },
            "the normal form '\(normal)' has other characters than those of PEP 440"
        )
        let global = normal.prefix { $0 != "+" }
        try require(!version.release.isEmpty, "'\(spelled)' has no release")
        try require(
            version.isPrerelease == (version.prerelease != nil || version.isDevelopment)
                && version.isPostrelease == global.contains(".post")
                && version.isDevelopment == global.contains(".dev"),
            "'\(normal)' is taken for another kind of release"
        )
        try require(
            Version("\u{2003}v\(normal.uppercased())\t") == version,
            "'\(normal)' in upper case, with a v and white space around, is another version"
        )
    }

    /// Checks that exactly one of <, == and > holds for two, that equality and order are transitive, and that equal ones
    /// hash alike.
    private static func checkOrder<Value: Comparable & Hashable>(_ values: [Value]) throws(PropertyViolation) {
        for left in values {
            for right in values {
                let relations = [left < right, left == right, right < left]
                try require(relations.count { $0 } == 1, "\(left) and \(right): <, ==, > are \(relations)")
                try require(
                    left != right || left.hashValue == right.hashValue,
                    "\(left) equals \(right) and hashes otherwise"
                )
                for third in values {
                    try require(
                        !(left < right && right < third) || left < third,
                        "\(left) < \(right) < \(third) and not \(left) < \(third)"
                    )
                    try require(
                        !(left == right && right == third) || left == third,
                        "\(left) == \(right) == \(third) and not \(left) == \(third)"
                    )
                }
            }
        }
    }
}
