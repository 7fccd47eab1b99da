/// What the index knows of one object; its key is the object's digest.
package struct ObjectRow: Equatable, Sendable, Row {
    /// The number of bytes.
    package var size: UInt64
    /// When it was stored, in seconds since 1970.
    package var storedAt: Int64
    /// When its bytes on disk were last hashed and right, in seconds since 1970; 0 for never since it was stored.
    package var verifiedAt: Int64
    /// The first project that referred to it; others are in the table of references.
    ///
    /// ``ProjectKey/nobody`` after a rebuild, when no record speaks of the object.
    package var project: ProjectKey

    /// The row of an object that was just stored.
    package init(size: UInt64, storedAt: Int64, project: ProjectKey) {
        self.size = size
        self.storedAt = storedAt
        verifiedAt = 0
        self.project = project
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(size)
        encoder.append(storedAt)
        encoder.append(verifiedAt)
        encoder.append(project)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let size: UInt64 = decoder.integer(), let storedAt: Int64 = decoder.integer(),
            let verifiedAt: Int64 = decoder.integer(), let project = decoder.key(ProjectKey.self, byteCount: 16)
        else { return nil }
        self.size = size
        self.storedAt = storedAt
        self.verifiedAt = verifiedAt
        self.project = project
    }
}

/// A row that says nothing but that its key is there.
package struct Mark: Equatable, Sendable, Row {
    /// The row.
    package init() {}

    package func encode(into encoder: inout RowEncoder) {}

    package init?(from decoder: inout RowDecoder) {}
}

/// A single value of the index as text.
package struct MetaRow: Equatable, Sendable, Row {
    /// The value.
    package var text: String

    /// A row of this value.
    package init(_ text: String) {
        self.text = text
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(text)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let text = decoder.text() else { return nil }
        self.text = text
    }
}
