import DemoUpstream
import Foundation
import SystemPackage
import Testing
import WheelMetadata

@Suite("PKG-INFO of sdists") struct SdistMetadataTests {
    private func read(_ bytes: [UInt8], limit: Int = WheelMetadata.defaultLimit) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("demo-1.0.tar.gz")
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        return try SdistMetadata.read(sdistAt: path, filename: "demo-1.0.tar.gz", limit: limit)
    }

    /// What Python packs.
    private func archive(_ program: String) throws -> [UInt8] {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("sdist").string
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let head = """
            import io, sys, tarfile, zipfile
            def add(archive, name, data=b"", kind=tarfile.REGTYPE, link=""):
                info = tarfile.TarInfo(name)
                info.size, info.type, info.linkname = len(data), kind, link
                archive.addfile(info, io.BytesIO(data))

            """
        process.arguments = ["python3", "-c", head + program, path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func reason(_ bytes: [UInt8], limit: Int = WheelMetadata.defaultLimit) -> WheelMetadataError.Reason? {
        do {
            _ = try read(bytes, limit: limit)
            return nil
        } catch {
            return (error as? WheelMetadataError)?.reason
        }
    }

    @Test("Of a tar archive by gzip, and of the file that lies right below the top")
    func found() throws {
        let distribution = Distribution(name: "demo", version: "1.0", requires: ["six"])
        #expect(try read(distribution.sdist()) == distribution.metadata())
        let inner = try archive(
            """
            with tarfile.open(sys.argv[1], "w:bz2") as archive:
                add(archive, "demo-1.0/demo.egg-info/PKG-INFO", b"wrong")
                add(archive, "PKG-INFO", b"wrong")
                add(archive, "demo-1.0/PKG-INFO", kind=tarfile.SYMTYPE, link="/etc/hostname")
                add(archive, "./demo-1.0/PKG-INFO", b"right")
            """
        )
        #expect(try read(inner) == Array("right".utf8))
        let zip = try archive(
            """
            with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("demo-1.0/setup.py", "x")
                archive.writestr("demo-1.0/PKG-INFO", "right")
            """
        )
        #expect(try read(zip) == Array("right".utf8))
    }

    @Test("What is missing, damaged or too large is told as such")
    func refused() throws {
        let none = try archive(
            "with tarfile.open(sys.argv[1], 'w:gz') as archive: add(archive, 'demo-1.0/setup.py', b'x')"
        )
        #expect(reason(none) == .missing(others: []))
        let whole = try Distribution(name: "demo", version: "1.0").sdist()
        #expect(reason(whole, limit: 10) == .tooLarge(limit: 10))
        for bytes in [Array("no archive at all".utf8), Array(whole.prefix(whole.count / 3))] {
            guard case .unreadable? = reason(bytes) else {
                Issue.record("\(String(describing: reason(bytes)))")
                continue
            }
        }
        // A file that unpacks to more than anybody waits for is left at its header.
        let bomb = try archive(
            """
            class Zeros(io.RawIOBase):
                def read(self, count=-1): return bytes(count)
            with tarfile.open(sys.argv[1], "w:gz", compresslevel=1) as archive:
                info = tarfile.TarInfo("demo-1.0/zeros")
                info.size = 1 << 31
                archive.fileobj.write(info.tobuf())
                archive.fileobj.write(bytes(1 << 20))
            """
        )
        #expect(reason(bomb) == .tooLarge(limit: 1 << 30))
    }
}
