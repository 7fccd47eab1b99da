internal import Digest

extension Distribution {
    /// The wheel: pure Python, with METADATA, WHEEL, RECORD and, where there are scripts, `entry_points.txt`.
    ///
    /// - Throws: ``DemoError/archive(_:)`` and ``DemoError/digest(_:)``.
    package func wheel() throws(DemoError) -> [UInt8] {
        try ArchiveFormat.zip.archive(try wheelEntries())
    }

    /// The files of the wheel with its RECORD last, as PEP 427 recommends for the `.dist-info` directory.
    ///
    /// - Throws: ``DemoError/digest(_:)``.
    package func wheelEntries() throws(DemoError) -> [ArchiveEntry] {
        let directory = "\(stem).dist-info"
        var entries = pythonFiles
        entries.append(ArchiveEntry("\(directory)/METADATA", metadata()))
        entries.append(ArchiveEntry("\(directory)/WHEEL", Self.wheelFile))
        if let entryPoints { entries.append(ArchiveEntry("\(directory)/entry_points.txt", entryPoints)) }
        var record = ""
        for entry in entries {
            let digest = try DemoError.wrap { () throws(DigestError) in try SHA256Digest.hash(entry.bytes) }
            record += "\(entry.path),sha256=\(digest.bytes.urlSafeBase64),\(entry.bytes.count)\n"
        }
        record += "\(directory)/RECORD,,\n"
        entries.append(ArchiveEntry("\(directory)/RECORD", record))
        return entries
    }

    private static let wheelFile = """
        Wheel-Version: 1.0
        Generator: larder-demo (1.0)
        Root-Is-Purelib: true
        Tag: py3-none-any

        """
}

extension DemoError {
    static func wrap<Result>(_ body: () throws(DigestError) -> Result) throws(DemoError) -> Result {
        do throws(DigestError) {
            return try body()
        } catch {
            throw .digest(error)
        }
    }
}

extension [UInt8] {
    /// URL-safe Base64 without padding (RFC 4648, section 5), which RECORD wants for digests.
    var urlSafeBase64: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var pending: UInt = 0
        var bits = 0
        for byte in self {
            pending = pending << 8 | UInt(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> UInt(bits) & 63)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(pending << UInt(6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
