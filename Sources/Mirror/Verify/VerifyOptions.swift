package import Configuration
package import Packaging

/// What a verification looks at.
package struct VerifyModes: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Names, sizes and permissions of objects against the index.
    package static let quick = VerifyModes(rawValue: 1)
    /// The bytes of objects against their names.
    package static let content = VerifyModes(rawValue: 2)
    /// What readers see against records and objects.
    package static let publication = VerifyModes(rawValue: 4)
    /// Rows of the index against their checksums, records and objects.
    package static let index = VerifyModes(rawValue: 8)
    /// Everything.
    package static let all: VerifyModes = [.quick, .content, .publication, .index]
}

/// What a verification looks at, and how much of it.
package struct VerifyOptions: Sendable {
    /// What it looks at.
    package var modes: VerifyModes
    /// After this long it ends, whatever is left; `nil` for no bound.
    package var maximumTime: Duration?
    /// Only objects are hashed whose last check is at least so long ago; `nil` for what `[verify] max-age` says.
    package var maximumAge: Duration?
    /// The most bytes to hash in a second; `nil` for what `[verify] max-rate` says.
    package var maximumRate: ByteCount?
    /// The share of the objects that are hashed, by chance; `nil` for all.
    package var sample: Share?
    /// What the choice of the share starts from; another number chooses others.
    package var seed: UInt64
    /// How many objects one pass over the index takes to hash, the oldest checks first; each costs some 80 bytes.
    package var passSize = 262_144
    /// Only what these projects refer to is looked at; everything when it is empty.
    package var projects: [ProjectName]

    /// A verification without bounds.
    package init(_ modes: VerifyModes = .all) {
        self.modes = modes
        seed = UInt64.random(in: .min ... .max)
        projects = []
    }
}
