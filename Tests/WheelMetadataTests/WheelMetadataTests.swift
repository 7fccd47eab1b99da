import DemoUpstream
import FileIO
import SystemPackage
import Testing
import WheelMetadata

@Suite struct WheelMetadataTests {
    private let filename = "demo_shop-1.2-py3-none-any.whl"

    private func read(_ entries: [ArchiveEntry], as filename: String? = nil, limit: Int = 1 << 20) throws -> [UInt8] {
        let wheel = try ArchiveFormat.zip.archive(entries)
        return try WheelMetadata.read(wheel: wheel, filename: filename ?? self.filename, limit: limit)
    }

    private func expect(
        _ reason: WheelMetadataError.Reason,
        sourceLocation: SourceLocation = #_sourceLocation,
        from body: () throws -> [UInt8]
    ) {
        #expect(throws: WheelMetadataError(filename: filename, reason: reason), sourceLocation: sourceLocation) {
            _ = try body()
        }
    }

    @Test func everyWheelOfTheDemoHasTheMetadataOfItsSidecar() throws {
        let directory = try TemporaryDirectory()
        var upstream = DemoUpstream(root: directory.path)
        try upstream.create()
        let tree = try TemporaryDirectory.tree(directory.path)
        let wheels = tree.keys.filter { $0.hasSuffix(".whl") }
        #expect(wheels.count > 60)
        for wheel in wheels {
            let path = directory.path.pushing(FilePath(wheel))
            let name = try #require(path.lastComponent).string
            let sidecar = try #require(tree["\(wheel).metadata"])
            #expect(try WheelMetadata.read(wheelAt: path, filename: name) == sidecar)
            #expect(try WheelMetadata.read(wheel: try #require(tree[wheel]), filename: name) == sidecar)
        }
    }

    @Test func descriptorKeepsItsPosition() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("any name")
        let distribution = Distribution(name: "demo-shop", version: "1.2")
        let files = POSIXFileSystem()
        try files.write(distribution.wheel(), toNewFile: path, permissions: .ownerReadWrite, durably: false)
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        try file.seek(offset: 7, from: .start)
        #expect(try WheelMetadata.read(wheelOn: file.rawValue, filename: filename) == distribution.metadata())
        #expect(try file.seek(offset: 0, from: .current) == 7)
    }

    @Test(
        arguments: [
            ("demo_shop-1.2-py3-none-any.whl", "demo_shop-1.2.dist-info"),
            ("Demo.Shop-1.2-py3-none-any.whl", "demo_shop-1.2.dist-info"),
            ("demo_shop-1.2-py3-none-any.whl", "Demo-Shop-1.2.dist-info"),
            ("demo_shop-1.2-1build-cp311-cp311-linux_x86_64.whl", "DEMO.shop-1.2.dist-info"),
            ("demo_shop-1.2_3-py3-none-any.whl", "demo-shop-1.2-3.dist-info"),
            ("demo_shop-1.2RC1-py3-none-any.whl", "demo_shop-1.2rc1.dist-info"),
            ("demo_shop-1.2+a.b-py3-none-any.whl", "demo_shop-1.2+a_b.dist-info"),
            ("demo_shop-1!1.2-py3-none-any.whl", "demo_shop-1!1.2.dist-info"),
        ]
    )
    func oldSpellingsAreTheSame(filename: String, directory: String) throws {
        let entries = [ArchiveEntry("x.py", ""), ArchiveEntry("\(directory)/METADATA", "found")]
        #expect(try read(entries, as: filename) == Array("found".utf8))
    }

    @Test(
        arguments: [
            "demo_shop-1.20.dist-info", "demo_shop-1_2.dist-info", "demo_shop.dist-info", "-1.2.dist-info",
            "demo_sho-1.2.dist-info", "demo_shop-1.2+a.dist-info", "demo_shop-1.2-.dist-info",
        ]
    )
    func otherProjectsAndVersionsAreNotMeant(directory: String) {
        expect(.missing(others: [directory])) { try read([ArchiveEntry("\(directory)/METADATA", "x")]) }
    }

    @Test(
        arguments: [
            "vendor/demo_shop-1.2.dist-info/METADATA", "/demo_shop-1.2.dist-info/METADATA",
            "./demo_shop-1.2.dist-info/METADATA", "../demo_shop-1.2.dist-info/METADATA",
            "x/../demo_shop-1.2.dist-info/METADATA", "demo_shop-1.2.dist-info//METADATA",
            "demo_shop-1.2.dist-info/./METADATA", "demo_shop-1.2.dist-info/metadata",
            ".dist-info/METADATA", "demo_shop-1.2.DIST-INFO/METADATA",
            "demo_shop-1.2.dist-info/METADATA/x", "demo_shop-1.2.egg-info/METADATA", "METADATA",
        ]
    )
    func onlyTheExactPathCounts(path: String) {
        expect(.missing(others: [])) { try read([ArchiveEntry(path, "x")]) }
    }

    @Test func otherProjectsBesideItDoNotMatter() throws {
        let entries = [
            ArchiveEntry("other-9.dist-info/METADATA", "other"),
            ArchiveEntry("demo_shop-1.2.dist-info/METADATA", "mine"),
            ArchiveEntry("vendor/demo_shop-1.2.dist-info/METADATA", "below"),
        ]
        #expect(try read(entries) == Array("mine".utf8))
    }

    @Test func namesInTheArchiveAreSafeToPrint() throws {
        let error = #expect(throws: WheelMetadataError.self) {
            try read([ArchiveEntry("a\u{1B}[2J\n.dist-info/METADATA", "x")])
        }
        #expect(
            error?.description.contains("only of a\\u{1b}[2J\\u{a}.dist-info") == true,
            "\(String(describing: error))"
        )
    }

    /// Trying each hyphen of a name took minutes, and the square of its length.
    @Test func longNamesTakeNoLongTime() throws {
        let name = String(repeating: "-", count: 60_000)
        let entries = (0..<20).map { ArchiveEntry("\($0)\(name).dist-info/METADATA", "x") }
        #expect(try read(entries + [ArchiveEntry("demo_shop-1.2.dist-info/METADATA", "mine")]) == Array("mine".utf8))
    }

    @Test func duplicatesAreRefused() {
        let entry = ArchiveEntry("demo_shop-1.2.dist-info/METADATA", "one")
        expect(.ambiguous("demo_shop-1.2.dist-info", "demo_shop-1.2.dist-info")) { try read([entry, entry]) }
        let variant = ArchiveEntry("Demo.Shop-1.2.dist-info/METADATA", "two")
        expect(.ambiguous("demo_shop-1.2.dist-info", "Demo.Shop-1.2.dist-info")) { try read([entry, variant]) }
        // libarchive reads a backslash as a slash in a path that has no slash.
        let windows = ArchiveEntry("demo_shop-1.2.dist-info\\METADATA", "three")
        expect(.ambiguous("demo_shop-1.2.dist-info", "demo_shop-1.2.dist-info")) { try read([entry, windows]) }
    }

    @Test func bombIsRefused() throws {
        let limit = 1 << 20
        let bomb = ArchiveEntry("demo_shop-1.2.dist-info/METADATA", [UInt8](repeating: 32, count: 20 << 20))
        expect(.tooLarge(limit: limit)) { try read([bomb], limit: limit) }
        let exact = ArchiveEntry(bomb.path, [UInt8](repeating: 32, count: limit))
        #expect(try read([exact], limit: limit).count == limit)
        expect(.tooLarge(limit: limit - 1)) { try read([exact], limit: limit - 1) }
        #expect(try read([ArchiveEntry(bomb.path, "")], limit: 0) == [])
    }

    @Test func bombThatLiesAboutItsSizeIsRefused() throws {
        let bytes = [UInt8](repeating: 32, count: 4 << 20)
        var wheel = try ArchiveFormat.zip.archive([ArchiveEntry("demo_shop-1.2.dist-info/METADATA", bytes)])
        let record = try #require(ZipBytes.last("PK\u{1}\u{2}", in: wheel))
        // The unpacked size in the archive's directory (APPNOTE 4.3.12).
        wheel.replaceSubrange(record + 24..<record + 28, with: [10, 0, 0, 0])
        let error = #expect(throws: WheelMetadataError.self) {
            try WheelMetadata.read(wheel: wheel, filename: filename, limit: 1 << 20)
        }
        #expect(error?.filename == filename)
    }

    @Test func fewerBytesThanDeclaredAreDamage() throws {
        let path = Array("demo_shop-1.2.dist-info/METADATA".utf8)
        // Stored data of no bytes: in the header of the entry 58 are declared (APPNOTE 4.3.7), in the directory none.
        let header =
            [0x50, 0x4B, 3, 4, 20] + [UInt8](repeating: 0, count: 17) + [58, 0, 0, 0, UInt8(path.count), 0, 0, 0] + path
        let record =
            [0x50, 0x4B, 1, 2, 20, 3, 20] + [UInt8](repeating: 0, count: 21) + [UInt8(path.count)]
            + [UInt8](repeating: 0, count: 11) + [0xA4, 0x81, 0, 0, 0, 0] + path
        let end =
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, UInt8(record.count), 0, 0, 0, UInt8(header.count)]
            + [UInt8](repeating: 0, count: 5)
        expect(.unreadable("0 bytes where 58 are declared")) {
            try WheelMetadata.read(wheel: header + record + end, filename: filename)
        }
    }

    @Test func whatIsNoArchiveIsNamed() throws {
        let wheel = try Distribution(name: "demo-shop", version: "1.2").wheel()
        let sdist = try Distribution(name: "demo-shop", version: "1.2").sdist()
        for bytes in [[], Array("<html>not found</html>".utf8), sdist, Array(wheel.dropLast(wheel.count / 2))] {
            expect(.notAnArchive) { try WheelMetadata.read(wheel: bytes, filename: filename) }
        }
        #expect(throws: WheelMetadataError.self) { try read([]) }
    }

    @Test func everyCutIsAnError() throws {
        let wheel = try Distribution(name: "demo-shop", version: "1.2").wheel()
        for count in 0..<wheel.count {
            #expect(throws: WheelMetadataError.self) {
                try WheelMetadata.read(wheel: Array(wheel.prefix(count)), filename: filename)
            }
        }
    }

    @Test func noDamagedByteYieldsOtherMetadata() throws {
        let distribution = Distribution(name: "demo-shop", version: "1.2")
        let wheel = try distribution.wheel()
        for index in wheel.indices {
            var damaged = wheel
            damaged[index] ^= 0x55
            let metadata = try? WheelMetadata.read(wheel: damaged, filename: filename)
            #expect(metadata == nil || metadata == distribution.metadata(), "at \(index)")
        }
    }

    @Test func encryptedIsRefused() throws {
        var wheel = try ArchiveFormat.zip.archive([ArchiveEntry("demo_shop-1.2.dist-info/METADATA", "secret")])
        // Bit 0 of the flags, in the header of the entry and in the directory (APPNOTE 4.4.4).
        let record = try #require(ZipBytes.last("PK\u{1}\u{2}", in: wheel))
        wheel[6] |= 1
        wheel[record + 8] |= 1
        expect(.encrypted) { try WheelMetadata.read(wheel: wheel, filename: filename) }
    }

    @Test func floodOfDirectoryRecordsIsRefused() throws {
        let wheel = try ArchiveFormat.zip.archive([ArchiveEntry("demo_shop-1.2.dist-info/METADATA", "x")])
        let directory = try #require(ZipBytes.last("PK\u{1}\u{2}", in: wheel))
        let end = try #require(ZipBytes.last("PK\u{5}\u{6}", in: wheel))
        let record = wheel[directory..<end]
        let count = (17 << 20) / record.count
        var flood = Array(wheel[..<directory])
        for _ in 0..<count { flood += record }
        var tail = Array(wheel[end...])
        // The size of the directory (APPNOTE 4.3.16).
        for byte in 0..<4 { tail[12 + byte] = UInt8(truncatingIfNeeded: (count * record.count) >> (8 * byte)) }
        expect(.directoryTooLarge(limit: 16 << 20)) { try WheelMetadata.read(wheel: flood + tail, filename: filename) }
    }

    @Test(arguments: ["demo_shop-1.2.tar.gz", "demo_shop.whl", "demo_shop-1.2.whl", "-1.2-py3-none-any.whl", ""])
    func otherFilenamesAreRefused(name: String) {
        #expect(throws: WheelMetadataError(filename: name, reason: .notAWheelName)) {
            try WheelMetadata.read(wheel: [], filename: name)
        }
    }

    @Test func missingFileIsNamed() throws {
        let error = #expect(throws: WheelMetadataError.self) {
            try WheelMetadata.read(wheelAt: "/nonexistent/wheel", filename: filename)
        }
        #expect(error?.description.contains("/nonexistent/wheel") == true)
        // Not damage: a machine without descriptors cannot open what is right.
        #expect(error?.reason == .failed(operation: "open", "/nonexistent/wheel", .noSuchFileOrDirectory))
    }
}

/// Places in the bytes of a zip archive.
private enum ZipBytes {
    /// Where a signature stands last.
    static func last(_ signature: String, in bytes: [UInt8]) -> Int? {
        let signature = Array(signature.utf8)
        return bytes.indices.dropLast(signature.count - 1).last { bytes[$0...].starts(with: signature) }
    }
}
