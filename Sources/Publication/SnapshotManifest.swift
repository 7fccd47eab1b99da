internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import SystemPackage

/// What a snapshot shows of each project, as a file of lines that ends with a digest.
///
///     larder-snapshot 1 <when it was made, in seconds since 1970> <its generation> <when that was made>
///     <project> <view> <content> <serial> <files> <time of its pages> listed|unlisted
///     sha256 <of all lines before>
struct SnapshotManifest: Sendable {
    /// When the snapshot was made, in seconds since 1970.
    let created: Int64
    /// The number of the generation that it shows, and when that was made.
    let generation: UInt64
    let time: Int64
    /// The projects in the order of their keys.
    var rows: [PublishedRow]

    private static let head = "larder-snapshot 1 "
    private static let foot = "sha256 "

    init(created: Int64, generation: UInt64, time: Int64, rows: [PublishedRow]) {
        self.created = created
        self.generation = generation
        self.time = time
        self.rows = rows
    }

    /// The bytes of the file.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    func encoded() throws(DigestError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160 * rows.count + 200)
        bytes += "\(Self.head)\(created) \(generation) \(time)\n".utf8
        for row in rows {
            bytes += "\(row.name) \(row.view.hex) \(row.content.hex) \(row.serial) \(row.files) \(row.time) ".utf8
            bytes += row.isListed ? "listed\n".utf8 : "unlisted\n".utf8
        }
        bytes += "\(Self.foot)\(try SHA256Digest.hash(bytes).hex)\n".utf8
        return bytes
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``PublicationError``; `damagedState` for anything else.
    init(_ bytes: [UInt8], path: FilePath) throws(PublicationError) {
        let footCount = Self.foot.utf8.count + 2 * SHA256Digest.byteCount + 1
        let body = bytes.dropLast(min(footCount, bytes.count))
        let digest: SHA256Digest
        do throws(DigestError) {
            digest = try SHA256Digest.hash(body)
        } catch {
            throw .digest(error)
        }
        guard bytes.suffix(footCount).elementsEqual("\(Self.foot)\(digest.hex)\n".utf8) else {
            throw .damagedState(path: path, detail: "what it says has another digest than it carries")
        }
        var rest = body
        let head = String(decoding: Self.take(upTo: UInt8(ascii: "\n"), of: &rest), as: UTF8.self)
        let numbers = head.dropFirst(Self.head.count).split(separator: " ")
        guard head.hasPrefix(Self.head), numbers.count == 3, let created = Int64(numbers[0]),
            let generation = UInt64(numbers[1]), let time = Int64(numbers[2])
        else { throw .damagedState(path: path, detail: "it is of another format") }
        self.created = created
        self.generation = generation
        self.time = time
        rows = []
        rows.reserveCapacity(rest.count / 128)
        while !rest.isEmpty {
            guard let row = Self.row(Self.take(upTo: UInt8(ascii: "\n"), of: &rest)) else {
                throw .damagedState(path: path, detail: "a line of it cannot be read")
            }
            rows.append(row)
        }
    }

    /// What a line says of a project; `nil` for a line that is none of ours.
    ///
    /// Read from bytes: there may be hundreds of thousands, and readers wait for a rollback.
    private static func row(_ line: ArraySlice<UInt8>) -> PublishedRow? {
        var rest = line
        func next() -> ArraySlice<UInt8> { take(upTo: UInt8(ascii: " "), of: &rest) }
        guard let name = ProjectName(utf8: next()), let viewBytes = [UInt8](hexDigits: next()),
            let view = ViewID(bytes: viewBytes), let contentBytes = [UInt8](hexDigits: next()),
            let content = SHA256Digest(bytes: contentBytes), let serial = number(next()),
            let files = number(next()).flatMap({ UInt32(exactly: $0) }),
            let time = number(next()).flatMap({ Int64(exactly: $0) })
        else { return nil }
        let isListed = rest.elementsEqual("listed".utf8)
        guard isListed || rest.elementsEqual("unlisted".utf8) else { return nil }
        return PublishedRow(
            name: name,
            view: view,
            content: content,
            isListed: isListed,
            serial: serial,
            time: time,
            files: files
        )
    }

    /// Takes what stands before a separator, and that, off the front; all of it where there is none.
    private static func take(upTo separator: UInt8, of bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let end = bytes.firstIndex(of: separator) else {
            defer { bytes = [] }
            return bytes
        }
        defer { bytes = bytes[(end + 1)...] }
        return bytes[..<end]
    }

    /// A number in decimal digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooMuch) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !isTooLarge, !isTooMuch else { return nil }
            number = sum
        }
        return number
    }
}
