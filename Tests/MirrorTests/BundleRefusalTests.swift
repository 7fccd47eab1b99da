import Foundation
import SystemPackage
import TestSupport
import Testing

/// Bundles that are not taken: each with a reason that names what is wrong, and with nothing changed (I8, I14).
@Suite("Refused bundles") struct BundleRefusalTests {
    private let gap: AirGap

    init() throws {
        gap = try AirGap([ScriptedProject("demo", versions: ["1.0", "2.0"]), ScriptedProject("other")])
    }

    private func unsigned(_ name: String, _ arguments: String...) throws {
        let result = try gap.outside.run(arguments: ["export", gap.medium(name).string, "--json"] + arguments)
        try #require(result.exitCode == 0, "\(result)")
    }

    @Test("Without a signature, or with one of a stranger, or of other bytes")
    func signatures() throws {
        try unsigned("unsigned")
        try gap.expectRefusal("not signed", "unsigned")
        try gap.export("signed")
        let stranger = gap.medium("stranger.key").string
        try #require(try Larder.run(["keygen", stranger, "-q"]).exitCode == 0)
        try gap.expectRefusal("a key that is not trusted", "signed", arguments: ["--trust", stranger + ".pub"])
        // A signature that is there counts, whatever is allowed.
        try gap.expectRefusal("a key that is not trusted", "signed", arguments: ["--allow-unsigned"])
        let path = gap.medium("signed").appending("bundle.json")
        let whole = try Data(contentsOf: URL(fileURLWithPath: path.string))
        let text = try #require(String(data: whole, encoding: .utf8))
        let lie = text.replacingOccurrences(of: #""sequence":2"#, with: #""sequence":9"#)
        try Data(lie.utf8).write(to: URL(fileURLWithPath: path.string))
        try gap.expectRefusal("one of the two was changed", "signed")
        try whole.write(to: URL(fileURLWithPath: path.string))
        // The key is remembered once an import ended well.
        #expect(try gap.import("signed").exitCode == 0)
        try gap.sync([ScriptedProject("demo").stating(serial: 2), ScriptedProject("other")])
        try gap.export("next", "--since", "last")
        let next = try gap.inside.run("import", gap.medium("next").string)
        #expect(next.exitCode == 0, "\(next)")
        try gap.expectSame()
    }

    @Test("Several signers can be demanded, and one is not enough then")
    func threshold() throws {
        try gap.export("signed")
        let second = gap.medium("second.key").string
        try #require(try Larder.run(["keygen", second, "-q"]).exitCode == 0)
        try gap.inside.configure("threshold", "2", in: "[airgap]")
        try gap.inside.configure("signers", "[\"\(gap.key).pub\", \"\(second).pub\"]", in: "[airgap]")
        try gap.expectRefusal("2 trusted keys have to have signed it, and 1 did", "signed")
        try unsigned("unsigned")
        try gap.expectRefusal("not signed", "unsigned", arguments: ["--allow-unsigned"])
        let both = try gap.outside.run(
            "export",
            gap.medium("both").string,
            "--sign",
            gap.key,
            "--sign",
            second,
            "--json"
        )
        #expect(both.exitCode == 0 && both.report.texts("signers").count == 2, "\(both)")
        let imported = try gap.inside.run("import", gap.medium("both").string, "--json")
        #expect(imported.exitCode == 0 && imported.report.texts("signers").count == 2, "\(imported)")
        try gap.expectSame()
    }

    @Test("An older one, one behind a gap, one that is past its time, and one of another mirror")
    func order() throws {
        try gap.export("one")
        try gap.sync([ScriptedProject("demo").stating(serial: 2), ScriptedProject("other")])
        try gap.export("two", "--since", "last")
        try gap.sync([
            ScriptedProject("demo").stating(serial: 2), ScriptedProject("other", versions: ["2.0"]).stating(serial: 2),
        ])
        try gap.export("three", "--since", "last")
        try gap.expectRefusal("nothing was imported here", "two")
        try gap.expectRefusal("are of different bundles", "one", "two")
        #expect(try gap.import("one").exitCode == 0)
        try gap.expectRefusal("import what is between them first", "three")
        #expect(try gap.import("two").exitCode == 0)
        try gap.expectRefusal("older ones are not taken", "one")
        #expect(try gap.import("three").exitCode == 0)
        try gap.expectSame()
        let stranger = try AirGap([ScriptedProject("demo")])
        try stranger.export("full")
        let foreign = stranger.medium("full").string
        let before = try gap.inside.treeDigest
        let refused = try gap.inside.run("import", foreign, "--trust", stranger.key + ".pub", "--json")
        #expect(refused.exitCode == 65 && refused.errors.contains("is of mirror"), "\(refused)")
        #expect(try gap.inside.treeDigest == before)
        let accepted = try gap.inside.run(
            "import",
            foreign,
            "--trust",
            stranger.key + ".pub",
            "--accept-other-mirror"
        )
        #expect(accepted.exitCode == 0, "\(accepted)")
        #expect(try gap.inside.treeDigest == stranger.outside.treeDigest)
        try gap.export("short", "--expires", "1s")
        Thread.sleep(forTimeInterval: 2.1)
        try gap.expectRefusal("was good until", "short")
        // One that has projects of its own upstream keeps them.
        let own = try stranger.outside.run("import", gap.medium("three").string, "--allow-unsigned")
        #expect(own.exitCode == 65, "\(own)")
    }

    @Test(
        "A flipped bit, wherever it is",
        arguments: ["bundle.json", "projects.jsonl", "volume-0001.jsonl", "volume-0001.tar", "volume-0002.tar"]
    )
    func flipped(name: String) throws {
        try gap.export("full")
        let file = gap.medium("full").appending(name)
        try rewrite(file) { $0[$0.count * 2 / 5] ^= 4 }
        try gap.expectRefusal(name, "full")
        try rewrite(file) { $0[$0.count * 2 / 5] ^= 4 }
        #expect(try gap.import("full").exitCode == 0)
        try gap.expectSame()
    }

    @Test("A volume that is there twice, or is another one under its name, or is cut short, or has a tail")
    func volumes() throws {
        try gap.export("full")
        let full = gap.medium("full")
        let twice = gap.medium("twice")
        try full.copy(to: twice)
        try gap.expectRefusal("is there twice", "full", "twice")
        let archive = full.appending("volume-0002.tar")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: archive.string))
        func put(_ data: Data) throws { try data.write(to: URL(fileURLWithPath: archive.string)) }
        try put(try Data(contentsOf: URL(fileURLWithPath: full.appending("volume-0001.tar").string)))
        try gap.expectRefusal("volume-0002.tar", "full")
        try put(bytes.dropLast(512))
        try gap.expectRefusal("volume-0002.tar", "full")
        try put(bytes + Data(repeating: 7, count: 512))
        try gap.expectRefusal("volume-0002.tar", "full")
        try FileManager.default.removeItem(atPath: archive.string)
        try gap.expectRefusal("there is no volume-0002.tar", "full")
        try put(bytes)
        #expect(try gap.import("full").exitCode == 0)
    }

    /// What becomes of the archive; its digest in `bundle.json` is put right, since nobody signed it.
    @Test(
        "An archive with members that are no plain files of their names",
        arguments: [
            ("symlink", "a symbolic link"), ("hardlink", "a hard link"), ("device", "a device"),
            ("directory", "a directory"),
            ("dotdot", "stands in its place"), ("absolute", "stands in its place"), ("pax-path", "stands in its place"),
            ("extra", "not in the manifest"), ("missing", "stands in its place"), ("last", "it is missing"),
            ("doubled", "stands in its place"),
            ("longer", "bytes"), ("bytes", "do not match its digest"), ("sparse", "sparse"),
        ]
    )
    func members(kind: String, reason: String) throws {
        try unsigned("evil")
        try Python.run(
            "/usr/bin/env",
            ["python3", "-c", Self.script, gap.medium("evil").string, kind]
        )
        try gap.expectRefusal(reason, "evil", arguments: ["--allow-unsigned"])
        // What came of the volume before is kept aside, and given up when that is said.
        #expect(FileManager.default.fileExists(atPath: gap.inside.root.appending("import").string))
        #expect(try gap.inside.run("import", "--discard").exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: gap.inside.root.appending("import").string))
        #expect(!FileManager.default.fileExists(atPath: gap.inside.folder.path.appending("evil").string))
    }

    private static let script = """
        import hashlib, io, json, sys, tarfile
        from pathlib import Path
        folder, kind = Path(sys.argv[1]), sys.argv[2]
        path = folder / "volume-0002.tar"
        with tarfile.open(path) as archive:
            members = [(m, archive.extractfile(m).read()) for m in archive]
        format = tarfile.PAX_FORMAT if kind in ("pax-path", "sparse") else tarfile.USTAR_FORMAT
        with tarfile.open(path, "w", format=format) as archive:
            for number, (member, data) in enumerate(members):
                if number == 1:
                    if kind in ("symlink", "hardlink", "device", "directory"):
                        member.type = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "device": tarfile.CHRTYPE,
                                       "directory": tarfile.DIRTYPE}[kind]
                        member.linkname, member.size, data = "../../../../evil", 0, b""
                    elif kind == "dotdot":
                        member.name = "../../../evil"
                    elif kind == "absolute":
                        member.name = "/tmp/evil"
                    elif kind == "pax-path":
                        member.pax_headers = {"path": "../../../evil"}
                    elif kind == "sparse":
                        member.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": member.name,
                                              "GNU.sparse.size": str(len(data)), "GNU.sparse.numblocks": "1",
                                              "GNU.sparse.map": "0,%d" % len(data)}
                    elif kind == "missing":
                        continue
                if kind == "last" and number == len(members) - 1:
                    continue
                if number == 1:
                    if False:
                        pass
                    elif kind == "doubled":
                        archive.addfile(members[0][0], io.BytesIO(members[0][1]))
                    elif kind == "longer":
                        data += b"more"
                        member.size = len(data)
                    elif kind == "bytes":
                        data = bytes([data[0] ^ 1]) + data[1:]
                archive.addfile(member, io.BytesIO(data))
            if kind == "extra":
                member = tarfile.TarInfo("evil")
                member.size = 4
                archive.addfile(member, io.BytesIO(b"evil"))
        bundle = json.loads((folder / "bundle.json").read_text())
        data = path.read_bytes()
        bundle["volumes"][1]["archive"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        (folder / "bundle.json").write_text(json.dumps(bundle))
        """

    @Test(
        "Numbers that no bundle has, before anything is reckoned with them",
        arguments: [
            ("created", "9223372036854775807", "which bundle it is"),
            ("expires", "9223372036854775807", "the time until which it is good"),
            ("sequence", "18446744073709551615", "which bundle it is"),
            ("archive", "18446744073709551615", "a volume cannot be read"),
            ("bytes", "9223372036854775807", "a volume cannot be read"),
            ("members", "18446744073709551615", "a volume cannot be read"),
            ("volumes", "100", "larger than any disk"),
            ("line", "9223372036854775807", "volume-0002.jsonl, line 1: it names no size"),
            ("lines", "1099511627776", "volume-0002.jsonl, line 1: it has more than bundle.json says"),
        ]
    )
    func numbers(what: String, number: String, reason: String) throws {
        try unsigned("evil")
        try Python.run(
            "/usr/bin/env",
            ["python3", "-c", Self.numberScript, gap.medium("evil").string, what, number]
        )
        try gap.expectRefusal(reason, "evil", arguments: ["--allow-unsigned"])
        try gap.expectRefusal(reason, "evil", arguments: ["--allow-unsigned", "--dry-run"])
    }

    private static let numberScript = """
        import hashlib, json, sys
        from pathlib import Path
        folder, what, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
        path = folder / "bundle.json"
        bundle = json.loads(path.read_text())
        volume = bundle["volumes"][1]
        if what in ("created", "expires", "sequence"):
            bundle[what] = number
        elif what == "archive":
            volume["archive"]["size"] = number
        elif what == "volumes":
            for each in bundle["volumes"]:
                each["archive"]["size"] = each["bytes"] = 1 << 50
            bundle["volumes"] += [dict(volume)] * 5000
        elif what in ("line", "lines"):
            manifest = folder / "volume-0002.jsonl"
            lines = [json.loads(line) for line in manifest.read_text().splitlines()]
            lines[0]["size"] = number
            if what == "lines":
                lines = lines * 100_000
            data = "".join(json.dumps(line) + "\\n" for line in lines).encode()
            manifest.write_bytes(data)
            volume["manifest"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        else:
            volume[what] = number
        path.write_text(json.dumps(bundle))
        """

    @Test(
        "Parts of an object that is said to have two sizes, and of one that never begins",
        arguments: [
            ("0", "same", "is said to have two sizes"), ("1", "same", "is in no volume"),
            ("1", "other", "is in no volume"), ("0", "other", "do not make it up"),
        ]
    )
    func parts(offset: String, object: String, reason: String) throws {
        try unsigned("evil")
        let folder = gap.medium("evil").string
        try Python.run("/usr/bin/env", ["python3", "-c", Self.partScript, folder, offset, object])
        try gap.expectRefusal(reason, "evil", arguments: ["--allow-unsigned"])
    }

    /// The bytes of the first member come once more, as a part of the same object or of another one.
    private static let partScript = """
        import hashlib, io, json, sys, tarfile
        from pathlib import Path
        folder = Path(sys.argv[1])
        archive, manifest = folder / "volume-0002.tar", folder / "volume-0002.jsonl"
        line = json.loads(manifest.read_text().splitlines()[0])
        with tarfile.open(archive) as tar:
            data = tar.extractfile(tar.next()).read()
        digest = hashlib.sha256(data).hexdigest()
        with tarfile.open(archive, "a", format=tarfile.USTAR_FORMAT) as tar:
            member = tarfile.TarInfo("parts/%s/%s/%s" % (digest[:2], digest[2:4], digest))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        whole = line["object"] if sys.argv[3] == "same" else "ab" * 32
        part = {"object": whole, "offset": int(sys.argv[2]), "part": digest, "project": line["project"],
                "size": len(data), "total": len(data) + 1}
        with manifest.open("a") as file:
            file.write(json.dumps(part) + "\\n")
        bundle = json.loads((folder / "bundle.json").read_text())
        volume = bundle["volumes"][1]
        volume["members"] += 1
        volume["bytes"] += len(data)
        for name, path in (("archive", archive), ("manifest", manifest)):
            data = path.read_bytes()
            volume[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        (folder / "bundle.json").write_text(json.dumps(bundle))
        """

    @Test("Records that name places outside packages, or files of other names")
    func records() throws {
        try unsigned("evil")
        let lies = [
            ("path", "at no place below packages/"), ("filename", "names a file that"),
            ("size", "has numbers that no file"), ("firstSeen", "has numbers that no file"),
        ]
        for (kind, reason) in lies {
            let folder = gap.medium("evil-\(kind)")
            try gap.medium("evil").copy(to: folder)
            try Python.run("/usr/bin/env", ["python3", "-c", Self.recordScript, folder.string, kind])
            try gap.expectRefusal(reason, "evil-\(kind)", arguments: ["--allow-unsigned"])
        }
    }

    private static let recordScript = """
        import hashlib, io, json, sys, tarfile
        from pathlib import Path
        folder, kind = Path(sys.argv[1]), sys.argv[2]
        path, manifest = folder / "volume-0001.tar", folder / "volume-0001.jsonl"
        with tarfile.open(path) as archive:
            members = [(m, archive.extractfile(m).read()) for m in archive]
        lines = [json.loads(line) for line in manifest.read_text().splitlines()]
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for line, (member, data) in zip(lines, members):
                record = json.loads(data)["record"]
                numbers = {"size": (1 << 63) - 1, "firstSeen": -(1 << 63)}
                record["files"][0][kind] = numbers.get(kind, "../../../evil")
                text = json.dumps(record, separators=(",", ":"), sort_keys=True)
                data = ('{"record":%s,"sha256":"%s"}\\n' % (text, hashlib.sha256(text.encode()).hexdigest())).encode()
                digest = hashlib.sha256(data).hexdigest()
                line["record"], line["size"] = digest, len(data)
                member.name = "records/%s/%s/%s" % (digest[:2], digest[2:4], digest)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        manifest.write_text("".join(json.dumps(line, separators=(",", ":")) + "\\n" for line in lines))
        bundle = json.loads((folder / "bundle.json").read_text())
        bundle["volumes"][0]["bytes"] = sum(line["size"] for line in lines)
        for name, file in (("archive", path), ("manifest", manifest)):
            data = file.read_bytes()
            bundle["volumes"][0][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        (folder / "bundle.json").write_text(json.dumps(bundle))
        """
}
