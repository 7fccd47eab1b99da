/// A version as PEP 440 defines it.
///
/// Reads what the `packaging` library reads: a leading `v`, the alternate spellings and separators, surrounding white
/// space. Only letters beyond ASCII that some of its releases took for ASCII ones are refused. Versions that differ
/// in spelling or in trailing zeros only are equal.
package struct Version: Sendable {
    /// The kinds of pre-releases, in their order.
    package enum Phase: UInt8, Sendable {
        case alpha = 1
        case beta
        case candidate
    }

    /// A piece of a local version, between dots.
    package enum LocalSegment: Hashable, Sendable {
        case text(String)
        case number(VersionNumber)
    }

    /// The number before `!`, else 0.
    package let epoch: VersionNumber
    /// The numbers of the release as spelled, trailing zeros included; at least one.
    package let release: [VersionNumber]
    /// The pre-release, such as `rc1`; a number that is not there is 0.
    package let prerelease: (phase: Phase, number: VersionNumber)?
    /// The number of the post-release; 0 when it is not there.
    package let post: VersionNumber?
    /// The number of the developmental release; 0 when it is not there.
    package let development: VersionNumber?
    /// The pieces of the local version, lower-case; `nil` when there is none.
    package let localSegments: [LocalSegment]?
    /// The place in the order; 0 where it does not fit.
    private let key: UInt64

    /// Reads a version; `nil` when PEP 440 does not allow it.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let parsed = text.withUTF8({ VersionParser.parse($0) }) else { return nil }
        self = parsed
    }

    init(
        epoch: VersionNumber,
        release: [VersionNumber],
        prerelease: (phase: Phase, number: VersionNumber)? = nil,
        post: VersionNumber? = nil,
        development: VersionNumber? = nil,
        localSegments: [LocalSegment]? = nil
    ) {
        self.epoch = epoch
        self.release = release
        self.prerelease = prerelease
        self.post = post
        self.development = development
        self.localSegments = localSegments
        key =
            VersionKey(
                epoch: epoch,
                release: release,
                prerelease: prerelease,
                post: post,
                development: development,
                hasLocal: localSegments != nil
            ).value
    }

    /// Whether this is an alpha, beta, candidate or developmental release.
    package var isPrerelease: Bool { prerelease != nil || development != nil }
    /// Whether this is a post-release.
    package var isPostrelease: Bool { post != nil }
    /// Whether this is a developmental release.
    package var isDevelopment: Bool { development != nil }

    /// The local version in its normal form, without the `+`; `nil` when there is none.
    package var local: String? {
        localSegments.map { $0.map(\.description).joined(separator: ".") }
    }

    /// The release without trailing zeros: what equality and order look at.
    private var significantRelease: ArraySlice<VersionNumber> {
        let last = release.lastIndex { !$0.isZero }
        return release[..<((last ?? -1) + 1)]
    }

    /// The place of the pre-release in the order: a developmental release of a final one comes before all of them.
    private var phaseRank: UInt8 {
        if let prerelease { return prerelease.phase.rawValue }
        return post == nil && development != nil ? 0 : 4
    }
}

extension Version.LocalSegment: Comparable, CustomStringConvertible {
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        case (.text, .number): true
        case (.number, .text): false
        case (.number(let left), .number(let right)): left < right
        }
    }

    package var description: String {
        switch self {
        case .text(let text): text
        case .number(let number): number.description
        }
    }
}

extension Version: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        // A version with a key never equals one without.
        if left.key != 0 || right.key != 0 { return left.key == right.key }
        return left.epoch == right.epoch && left.significantRelease == right.significantRelease
            && left.prerelease?.phase == right.prerelease?.phase && left.prerelease?.number == right.prerelease?.number
            && left.post == right.post && left.development == right.development
            && left.localSegments == right.localSegments
    }

    package func hash(into hasher: inout Hasher) {
        guard key == 0 else { return hasher.combine(key) }
        hasher.combine(epoch)
        hasher.combine(significantRelease)
        hasher.combine(prerelease?.phase)
        hasher.combine(prerelease?.number)
        hasher.combine(post)
        hasher.combine(development)
        hasher.combine(localSegments)
    }
}

extension Version: Comparable {
    /// The order of PEP 440: epoch, release, dev < pre < final < post, local.
    package static func < (left: Self, right: Self) -> Bool {
        if left.key != 0, right.key != 0 { return left.key < right.key }
        if left.epoch != right.epoch { return left.epoch < right.epoch }
        let (leftRelease, rightRelease) = (left.significantRelease, right.significantRelease)
        if leftRelease != rightRelease { return leftRelease.lexicographicallyPrecedes(rightRelease) }
        if left.phaseRank != right.phaseRank { return left.phaseRank < right.phaseRank }
        if let leftNumber = left.prerelease?.number, let rightNumber = right.prerelease?.number,
            leftNumber != rightNumber
        {
            return leftNumber < rightNumber
        }
        if left.post != right.post { return precedes(left.post, right.post, absentFirst: true) }
        if left.development != right.development {
            return precedes(left.development, right.development, absentFirst: false)
        }
        switch (left.localSegments, right.localSegments) {
        case (let left?, let right?): return left.lexicographicallyPrecedes(right)
        case (nil, .some): return true
        default: return false
        }
    }

    private static func precedes(_ left: VersionNumber?, _ right: VersionNumber?, absentFirst: Bool) -> Bool {
        switch (left, right) {
        case (let left?, let right?): left < right
        case (nil, .some): absentFirst
        case (.some, nil): !absentFirst
        case (nil, nil): false
        }
    }
}

extension Version: CustomStringConvertible {
    /// The normal form of PEP 440, such as `1!2.0rc1.post2.dev3+local.4`.
    package var description: String {
        var text = epoch.isZero ? "" : "\(epoch)!"
        text += release.map(\.description).joined(separator: ".")
        if let prerelease {
            switch prerelease.phase {
            case .alpha: text += "a"
            case .beta: text += "b"
            case .candidate: text += "rc"
            }
            text += prerelease.number.description
        }
        if let post { text += ".post\(post)" }
        if let development { text += ".dev\(development)" }
        if let local { text += "+\(local)" }
        return text
    }
}
