package import Digest
package import Packaging

/// The view of a project that the newest publication shows, or is about to show.
package struct PublishedRow: Equatable, Sendable, Row {
    /// The normalized name.
    package var name: ProjectName
    /// The view that the project's link points to.
    package var view: ViewID
    /// The digest over what the view says (I17), which two mirrors have in common.
    package var content: SHA256Digest
    /// Whether the root list names the project; what upstream removed has a page and no place in the list.
    package var isListed: Bool
    /// The serial of the project's page; our own where upstream has none.
    package var serial: UInt64
    /// The time of modification of the view's pages, in seconds since 1970.
    package var time: Int64
    /// The number of files on the page.
    package var files: UInt32

    /// The row of a project's view.
    package init(
        name: ProjectName,
        view: ViewID,
        content: SHA256Digest,
        isListed: Bool,
        serial: UInt64,
        time: Int64,
        files: UInt32
    ) {
        self.name = name
        self.view = view
        self.content = content
        self.isListed = isListed
        self.serial = serial
        self.time = time
        self.files = files
    }

    package func encode(into encoder: inout RowEncoder) {
        encoder.append(name.normalized)
        encoder.append(view)
        encoder.append(content)
        encoder.append(isListed)
        encoder.append(serial)
        encoder.append(time)
        encoder.append(files)
    }

    package init?(from decoder: inout RowDecoder) {
        guard let text = decoder.text(), let name = ProjectName(text),
            let view = decoder.key(ViewID.self, byteCount: 16), let content = decoder.digest(),
            let isListed = decoder.bool(), let serial: UInt64 = decoder.integer(),
            let time: Int64 = decoder.integer(), let files: UInt32 = decoder.integer()
        else { return nil }
        self.init(
            name: name,
            view: view,
            content: content,
            isListed: isListed,
            serial: serial,
            time: time,
            files: files
        )
    }
}
