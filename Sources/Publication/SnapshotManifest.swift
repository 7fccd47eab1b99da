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
        var lines = body.split(separator: UInt8(ascii: "\n"))[...]
        let head = lines.popFirst().map { String(decoding: $0, as: UTF8.self) } ?? ""
        let numbers = head.dropFirst(Self.head.count).split(separator: " ")
        guard head.hasPrefix(Self.head), numbers.count == 3, let created = Int64(numbers[0]),
            let generation = UInt64(numbers[1]), let time = Int64(numbers[2])
        else { throw .damagedState(path: path, detail: "it is of another format") }
        self.created = created
        self.generation = generation
        self.time = time
        rows = []
        rows.reserveCapacity(lines.count)
        for line in lines {
            let parts = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 7, let name = ProjectName(parts[0]), let view = ViewID(hex: parts[1]),
                let content = SHA256Digest(hex: parts[2]), let serial = UInt64(parts[3]), let files = UInt32(parts[4]),
                let time = Int64(parts[5])
            else { throw .damagedState(path: path, detail: "a line of it cannot be read") }
            rows.append(
                PublishedRow(
                    name: name,
                    view: view,
                    content: content,
                    isListed: parts[6] == "listed",
                    serial: serial,
                    time: time,
                    files: files
                )
            )
        }
    }
}
