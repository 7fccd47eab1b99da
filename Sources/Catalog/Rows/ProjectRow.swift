package import Digest
package import Packaging

/// What the index knows of one project that was ever asked for.
package struct ProjectRow: Equatable, Sendable, Row {
    /// Where a project stands.
    package enum State: UInt8, Sendable {
        /// Asked for, and never had a page.
        case unseen = 0
        /// Upstream has a page of it.
        case active = 1
        /// Upstream had a page of it and has none any more.
        case removed = 2
    }

    /// The normalized name.
    package var name: ProjectName
    /// Where it stands.
    package var state = State.unseen
    /// The serial of the page that the record was made from.
    package var serial: UInt64?
    /// The validator of that page (`ETag`).
    package var etag: String?
    /// When upstream last said what the page is, in seconds since 1970; 0 for never.
    package var checkedAt: Int64 = 0
    /// Since when the page has not been believed, in seconds since 1970: for being behind the root list's serial, or, as
    /// a negative number, for listing nothing any more; 0 when it is.
    package var staleSince: Int64 = 0
    /// Since when the page has been behind the root list's serial, in seconds since 1970; 0 when it is not.
    package var behindSince: Int64 { max(0, staleSince) }
    /// Since when the page has listed nothing any more, in seconds since 1970; 0 when it lists something.
    package var bareSince: Int64 { max(0, 0 - staleSince) }
    /// Whether the last attempt left something undone, so that the project is due whatever its serial.
    package var isIncomplete = false
    /// The selection by which the record's files were chosen; 0 when none did.
    package var selection: UInt64 = 0
    /// Stands for ``selection`` in the row of a project that was taken off by a block.
    package static let blockedSelection: UInt64 = 1
    /// Files by state.
    package var files = FileCounts()
    /// The digest that the record carries; `nil` while there is no record.
    package var record: SHA256Digest?
    /// When the next file may be shown that is withheld now, in seconds since 1970; `nil` when none is.
    package var nextRelease: Int64?
    /// Why the last attempt left something undone, in a line; kept while ``isIncomplete`` is set, up to 1,000 bytes.
    package var lastFailure: String?

    /// The first 64 bits of the digest that upstream's list gave what the page says, where the page is that one; `nil`
    /// where lists tell none.
    package var listedContent: UInt64?

    /// A row of a project of which nothing is known yet.
    package init(name: ProjectName) {
        self.name = name
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(name.normalized)
        encoder.append(state.rawValue)
        encoder.append(serial != nil)
        encoder.append(serial ?? 0)
        encoder.append(etag)
        encoder.append(checkedAt)
        encoder.append(staleSince)
        encoder.append(isIncomplete)
        encoder.append(selection)
        files.encode(into: &encoder)
        encoder.append(record)
        // Behind what rows always had, so that those of older versions can be read.
        let failure = isIncomplete ? lastFailure : nil
        let hasMore = listedContent != nil || files.known != 0
        guard nextRelease != nil || files.withheld != 0 || failure != nil || hasMore else { return }
        encoder.append(nextRelease ?? 0)
        encoder.append(nextRelease != nil)
        encoder.append(files.withheld)
        guard failure != nil || hasMore else { return }
        encoder.append(String(decoding: (failure ?? "").utf8.prefix(Self.failureLimit), as: UTF8.self))
        guard hasMore else { return }
        encoder.append(listedContent ?? 0)
        guard files.known != 0 else { return }
        encoder.append(listedContent != nil)
        encoder.append(files.known)
    }

    private static let failureLimit = 1_000

    package init?(from decoder: inout RowDecoder) {
        guard let text = decoder.text(), let name = ProjectName(text),
            let state = decoder.integer(UInt8.self).flatMap(State.init), let hasSerial = decoder.bool(),
            let serial: UInt64 = decoder.integer(), let etag = decoder.optionalText(),
            let checkedAt: Int64 = decoder.integer(), let staleSince: Int64 = decoder.integer(),
            let isIncomplete = decoder.bool(), let selection: UInt64 = decoder.integer(),
            let files = FileCounts(from: &decoder), let record = decoder.optionalDigest()
        else { return nil }
        self.name = name
        self.state = state
        self.serial = hasSerial ? serial : nil
        self.etag = etag
        self.checkedAt = checkedAt
        self.staleSince = staleSince
        self.isIncomplete = isIncomplete
        self.selection = selection
        self.files = files
        self.record = record
        guard !decoder.isAtEnd else { return }
        guard let time: Int64 = decoder.integer(), let hasRelease = decoder.bool(),
            let withheld: UInt32 = decoder.integer()
        else { return nil }
        nextRelease = hasRelease ? time : nil
        self.files.withheld = withheld
        guard !decoder.isAtEnd else { return }
        guard let failure = decoder.text() else { return nil }
        lastFailure = failure.isEmpty ? nil : failure
        guard !decoder.isAtEnd else { return }
        guard let content: UInt64 = decoder.integer() else { return nil }
        listedContent = content
        guard !decoder.isAtEnd else { return }
        guard let hasContent = decoder.bool(), let known: UInt32 = decoder.integer() else { return nil }
        if !hasContent { listedContent = nil }
        self.files.known = known
    }
}

/// How many files a project has, by state.
package struct FileCounts: Equatable, Sendable, Row {
    /// Files whose object is in the store.
    package var present: UInt32 = 0
    /// Bytes of those files.
    package var presentBytes: UInt64 = 0
    /// Files that are selected and could not be had.
    package var missing: UInt32 = 0
    /// Files that the selection leaves out.
    package var excluded: UInt32 = 0
    /// Files that upstream removed.
    package var removed: UInt32 = 0
    /// Files that are refused for what they are.
    package var refused: UInt32 = 0
    /// Of the present files, those that no page may list yet.
    package var withheld: UInt32 = 0
    /// Files that are had when somebody asks for them, and were not when the record was made.
    package var known: UInt32 = 0

    /// No files.
    package init() {}

    /// Adds the files of another project.
    package static func += (left: inout Self, right: Self) {
        left.present += right.present
        left.presentBytes += right.presentBytes
        left.missing += right.missing
        left.excluded += right.excluded
        left.removed += right.removed
        left.refused += right.refused
        left.withheld += right.withheld
        left.known += right.known
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(present)
        encoder.append(presentBytes)
        encoder.append(missing)
        encoder.append(excluded)
        encoder.append(removed)
        encoder.append(refused)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let present: UInt32 = decoder.integer(), let presentBytes: UInt64 = decoder.integer(),
            let missing: UInt32 = decoder.integer(), let excluded: UInt32 = decoder.integer(),
            let removed: UInt32 = decoder.integer(), let refused: UInt32 = decoder.integer()
        else { return nil }
        self.present = present
        self.presentBytes = presentBytes
        self.missing = missing
        self.excluded = excluded
        self.removed = removed
        self.refused = refused
    }
}
