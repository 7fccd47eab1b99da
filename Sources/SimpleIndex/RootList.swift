internal import JSON
package import Packaging

/// The list of all projects of an index (PEP 503, PEP 691), sorted by name, each name once.
///
/// Kept compact, some 30 bytes a project, for lists of hundreds of thousands; the elements are made when asked for.
package struct RootList: Sendable {
    /// A project in the list.
    package struct Entry: Sendable, Equatable {
        /// The normalized name.
        package let name: ProjectName
        /// The name as the index spells it; `nil` when that is the normalized one, or when the index does not tell.
        package let displayName: String?
        /// The index's serial of the project.
        package let serial: UInt64?
        /// The first 64 bits of the digest over what the project's page says, where the index is a mirror of this kind.
        package let content: UInt64?
    }

    /// The serial of the index as a whole.
    package internal(set) var lastSerial: UInt64?
    /// Entries that were left out for a name that is none, safe to print; only the first 1,000.
    package internal(set) var invalidNames: [String] = []
    /// How many entries were left out for their names.
    package internal(set) var invalidCount = 0
    /// How many entries were left out because their normalized name came before.
    package internal(set) var duplicateCount = 0

    private static let maximumInvalidNames = 1_000
    private static let noSerial = UInt64.max

    // Where each name ends among all of them; a body of at most 256 MiB keeps this within 32 bits.
    private var names: [UInt8] = []
    private var nameEnds: [UInt32] = []
    private var displays: [UInt8] = []
    private var displayEnds: [UInt32] = []
    private var serials: [UInt64] = []
    /// Empty as long as no entry tells one, and 0 where one does not: no digest begins with 64 zeros.
    private var contents: [UInt64] = []
    /// The order by name, where it is not that of the list.
    private var order: [UInt32]?

    init() {}

    /// Takes a project; one with a name that is none is only counted.
    mutating func append(_ spelling: String, serial: UInt64?, content: UInt64? = nil) {
        guard let name = ProjectName(spelling) else { return appendInvalid(spelling) }
        if let content {
            contents.append(contentsOf: repeatElement(0, count: serials.count - contents.count))
            contents.append(content)
        }
        names.append(contentsOf: name.normalized.utf8)
        nameEnds.append(UInt32(names.count))
        if !spelling.utf8.elementsEqual(name.normalized.utf8) { displays.append(contentsOf: spelling.utf8) }
        displayEnds.append(UInt32(displays.count))
        serials.append(serial ?? Self.noSerial)
    }

    /// Counts an entry without a name that could be one.
    mutating func appendInvalid(_ spelling: String) {
        invalidCount += 1
        if invalidNames.count < Self.maximumInvalidNames { invalidNames.append(spelling.printable) }
    }

    /// Sorts by name, and leaves out names that came before.
    mutating func finish() {
        let total = nameEnds.count
        guard total > 1, !(1..<total).allSatisfy({ precedes($0 - 1, $0) }) else { return }
        var sorted = (0..<total).map { UInt32($0) }
        sorted.sort { left, right in
            if precedes(Int(left), Int(right)) { return true }
            return left < right && !precedes(Int(right), Int(left))
        }
        var last: Int?
        sorted.removeAll { index in
            defer { last = Int(index) }
            return last.map { !precedes($0, Int(index)) } ?? false
        }
        duplicateCount = total - sorted.count
        order = sorted
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        names[Self.range(left, nameEnds)].lexicographicallyPrecedes(names[Self.range(right, nameEnds)])
    }

    private static func range(_ index: Int, _ ends: [UInt32]) -> Range<Int> {
        (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }
}

extension RootList: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { order?.count ?? nameEnds.count }

    package subscript(position: Int) -> Entry {
        let index = order.map { Int($0[position]) } ?? position
        let normalized = String(decoding: names[Self.range(index, nameEnds)], as: UTF8.self)
        guard let name = ProjectName(normalized) else { preconditionFailure("a name that was valid is so no longer") }
        let display = displays[Self.range(index, displayEnds)]
        return Entry(
            name: name,
            displayName: display.isEmpty ? nil : String(decoding: display, as: UTF8.self),
            serial: serials[index] == Self.noSerial ? nil : serials[index],
            content: index < contents.count && contents[index] != 0 ? contents[index] : nil
        )
    }
}

extension RootList {
    /// Reads a list of projects: JSON (PEP 691) or HTML (PEP 503), up to 256 MiB.
    ///
    /// Names that are none are reported in the list, not errors. In HTML a project is a link to a folder beside the
    /// page, named like it. An HTML page without the `pypi:repository-version` of PEP 629 has to have one such link.
    ///
    /// - Parameters:
    ///   - body: The bytes, without content encoding.
    ///   - contentType: The `Content-Type` of the response, if there was one.
    ///   - base: The URL of the page, after redirects.
    /// - Returns: The projects.
    /// - Throws: ``PageError`` when nothing of the list can be used.
    package static func parse(
        _ body: [UInt8],
        contentType: String?,
        base: String
    ) throws(PageError) -> RootList {
        switch try PageBody(body, contentType: contentType) {
        case .json:
            return try parseJSON(body)
        case .html:
            guard let base = try? Link(base: base) else { throw .badBase(base) }
            return try HTMLRootReader.read(body, base: base)
        }
    }

    /// The first 64 bits of a SHA-256 in hexadecimal digits; `nil` for anything else.
    private static func leadingBits(ofDigest hex: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard hex.count == 64 else { return nil }
        var bits: UInt64 = 0
        for (position, digit) in hex.enumerated() {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            if position < 16 { bits = bits << 4 | UInt64(value) }
        }
        return bits
    }

    private static func parseJSON(_ body: [UInt8]) throws(PageError) -> RootList {
        var list = RootList()
        let meta: JSONRootList.Meta
        do throws(JSONError) {
            let start = PageBody.start(body)
            meta = try JSONRootList.forEachProject(in: start == 0 ? body : Array(body[start...])) { project in
                if let name = project.name {
                    list.append(
                        String(decoding: name, as: UTF8.self),
                        serial: project.serial,
                        content: project.content.flatMap(leadingBits(ofDigest:))
                    )
                } else {
                    list.appendInvalid("(an entry without a name)")
                }
                return true
            }
        } catch {
            throw .notJSON(error)
        }
        try PageBody.check(version: meta.apiVersion)
        list.lastSerial = meta.serial
        list.finish()
        return list
    }
}
