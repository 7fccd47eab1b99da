package import Digest
package import JSON
package import Packaging

/// What an inventory says of itself: which mirror has what it lists.
///
/// An inventory is a file of lines: this one, then one for each project (``InventoryProject``) in the order of the
/// projects' keys, and ``InventoryEnd``. `larder have --json` writes the same as one object, with the projects in a member
/// `projects`.
package struct InventoryHead: Equatable, Sendable {
    /// The version of the format, refused by programs that do not know it.
    package static let format: UInt64 = 1

    /// The mirror whose bundles were imported; `nil` before the first one.
    package let mirror: String?
    /// The state that the last one led to.
    package let state: BundleState?

    /// The head of an inventory.
    package init(mirror: String?, state: BundleState?) {
        self.mirror = mirror
        self.state = state
    }

    /// Writes its members.
    package func write(to writer: inout JSONWriter) {
        writer.member("inventory", Self.format)
        writer.member("mirror", mirror)
        if let state { writer.objectMember("state") { state.write(to: &$0) } }
    }

    /// Reads a head.
    ///
    /// - Throws: ``BundleError``.
    package init(_ value: JSONValue) throws(BundleError) {
        guard let format = value["inventory"]?.unsigned else { throw .malformed("it is no inventory") }
        guard format == Self.format else { throw .unknownFormat(format) }
        mirror = value["mirror"]?.string
        if let mirror, !BundleDescription.isID(mirror) { throw .malformed("it is of no mirror") }
        guard let state = value["state"] else {
            self.state = nil
            return
        }
        guard let read = BundleState(state) else { throw .malformed("the state that it names cannot be read") }
        self.state = read
    }

    /// The head as a line, with what ends it.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { write(to: &$0) }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a line.
    ///
    /// - Throws: ``BundleError``.
    package init(line: some Sequence<UInt8>) throws(BundleError) {
        try self.init(try JSONValue(ofLine: line))
    }
}

/// The last line of an inventory, without which it was cut short.
package enum InventoryEnd {
    private static let prefix = Array(#"{"end""#.utf8)

    /// The line, with what ends it.
    ///
    /// - Parameter projects: How many projects the inventory has.
    /// - Returns: The bytes.
    package static func line(projects: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.member("end", projects) }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// How many projects the inventory has, if a line is its last one; `nil` for any other.
    package static func projects(line: some Sequence<UInt8>) -> UInt64? {
        guard line.starts(with: prefix) else { return nil }
        return (try? JSONValue(ofLine: line))?.count("end")
    }
}

/// What a mirror has of a project.
package struct InventoryProject: Equatable, Sendable {
    /// The most bytes that a line may have: that of a project of some hundred thousand files.
    package static let lineLimit = 1 << 26

    /// The project.
    package let name: ProjectName
    /// The digest that its record carries.
    package let record: SHA256Digest
    /// The objects that it refers to and that are there, sorted.
    package let objects: [SHA256Digest]
    /// The view that the record was made for, where the mirror that exported it notes what the other side has; of use to
    /// nobody else.
    package let view: String?

    /// What a mirror has of a project.
    package init(name: ProjectName, record: SHA256Digest, objects: [SHA256Digest], view: String? = nil) {
        self.name = name
        self.record = record
        self.objects = objects
        self.view = view
    }

    /// Writes its members.
    package func write(to writer: inout JSONWriter) {
        writer.member("name", name.normalized)
        writer.arrayMember("objects", of: objects) { $0.string($1.hex) }
        writer.member("record", record.hex)
        writer.member("view", view)
    }

    /// Reads what ``write(to:)`` wrote.
    ///
    /// - Throws: ``BundleError``.
    package init(_ value: JSONValue) throws(BundleError) {
        guard let name = value.project("name"), let record = value.digest("record"), let list = value["objects"] else {
            throw .malformed("it does not say what there is of a project")
        }
        self.name = name
        self.record = record
        var objects: [SHA256Digest] = []
        objects.reserveCapacity(list.count)
        for element in list.array {
            guard let digest = element.string.flatMap({ SHA256Digest(hex: $0) }) else {
                throw .malformed("it names something that is no digest")
            }
            objects.append(digest)
        }
        self.objects = objects.sorted()
        view = value["view"]?.string
    }

    /// Whether an object is among ``objects``.
    package func has(_ object: SHA256Digest) -> Bool {
        var range = objects[...]
        while !range.isEmpty {
            let middle = range.startIndex + range.count / 2
            if range[middle] == object { return true }
            range = range[middle] < object ? range[(middle + 1)...] : range[..<middle]
        }
        return false
    }

    /// The line, with what ends it.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { write(to: &$0) }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a line.
    ///
    /// - Throws: ``BundleError``.
    package init(line: some Sequence<UInt8>) throws(BundleError) {
        try self.init(try JSONValue(ofLine: line))
    }
}
