package import SystemPackage

/// What `larder.toml` says: how this mirror is kept.
///
/// Printing it shows no secret.
package struct Configuration: Hashable, Sendable {
    /// `[upstream]` alone, or each `[[upstream]]` in the order of the file; never empty.
    package var upstreams: [Upstream]

    /// `[select]`.
    package var selection: Selection

    /// `[policy]`.
    package var policy: Policy

    /// `[guard]`.
    package var removalGuard: RemovalGuard

    /// `[gc]`.
    package var collection: Collection

    /// `[publish]`.
    package var publication: Publication

    /// `[verify]`.
    package var verification: Verification

    /// `[airgap]`.
    package var airGap = AirGap()

    /// The defaults, for an upstream.
    package init(upstream: Upstream) {
        upstreams = [upstream]
        selection = Selection()
        policy = Policy()
        removalGuard = RemovalGuard()
        collection = Collection()
        publication = Publication()
        verification = Verification()
    }
}

extension Configuration {
    /// `[guard]`: how much one run may withdraw, and how much room the disk must have.
    package struct RemovalGuard: Hashable, Sendable {
        /// `removals`: of projects and of files; `nil` stands for the default of 2 % of projects and 5 % of files.
        package var removals: Share?
        /// `free-space`: what must stay free on the disk that holds the mirror.
        package var freeSpace = ByteCount.mebibytes(32)

        /// The defaults.
        package init() {}
    }

    /// `[gc]`: when what nothing refers to is freed.
    package struct Collection: Hashable, Sendable {
        /// `grace`: how long it is kept.
        package var grace = Duration.seconds(7 * 86400)

        /// The defaults.
        package init() {}
    }

    /// `[publish]`: what is published, and how far it can be rolled back.
    package struct Publication: Hashable, Sendable {
        /// `keep-generations`: how many changes of the tree can be taken back; 0 for none.
        package var keepGenerations = 20

        /// `base-url`: where clients find the document root, ending in `/`; `http` or `https`.
        package var baseURL: IndexURL?

        /// `legacy-json`: whether the documents of PyPI's JSON API are published.
        package var hasLegacyJSON = true

        /// `signing-key`: the file of the secret key that generations are signed with.
        package var signingKey: FilePath?

        /// `link`: what the names of packages are.
        package var link = Link.symlink

        /// `web-pages`: whether there are pages for people.
        package var hasWebPages = true

        /// The defaults.
        package init() {}
    }

    /// What the names of packages below `packages/` are, by the words of the configuration.
    package enum Link: String, Hashable, Sendable, CaseIterable {
        /// Symbolic links to objects.
        case symlink
        /// Second names of objects.
        case hardlink
        /// Files of their own.
        case copy
    }

    /// `[verify]`: the bounds of `verify` where its flags set none.
    package struct Verification: Hashable, Sendable {
        /// `max-age`: objects checked more recently are skipped.
        package var maximumAge: Duration?

        /// `max-rate`: the most bytes to read in a second.
        package var maximumRate: ByteCount?

        /// The defaults.
        package init() {}
    }
}
