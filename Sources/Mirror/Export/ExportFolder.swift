internal import Bundle
internal import Digest
internal import FileIO
internal import JSON
internal import SystemPackage

/// The folder of a bundle while it is made.
///
/// What is to go into it is planned first, in `.export/`, and durable before the first volume with objects begins; so a
/// run that is cut off goes on with the same plan, whatever the mirror holds by then.
struct ExportFolder: Sendable {
    /// The folder.
    let path: FilePath
    let fileSystem: any FileSystem

    /// Where the plan lies until the bundle is finished.
    var plan: FilePath { path.appending(".export") }
    /// What the bundle is, without its volumes' digests; written last, so that a plan that is cut off is none.
    private var head: FilePath { plan.appending("export.json") }
    /// What the other side has once the bundle is imported.
    var inventory: FilePath { plan.appending("inventory.jsonl") }
    /// Objects to carry, before they are dealt out to volumes.
    var objects: FilePath { plan.appending("objects.jsonl") }

    /// The members of a volume with objects; of parts, the digests are all zero.
    func members(ofVolume number: Int) -> FilePath { plan.appending("\(number).jsonl") }

    /// A file of the bundle.
    func file(_ name: String) -> FilePath { path.appending(name) }

    /// The plan of an export, as it was begun.
    struct Plan: Sendable {
        /// What the bundle is, without volumes.
        var bundle: BundleDescription
        /// The options that the plan depends on, in a line.
        var options: String
        /// How many volumes hold records; they are written with the plan.
        var recordVolumes: Int
        /// How many volumes there are.
        var volumes: Int
        var changed: Int
        var removed: Int
        var objects: UInt64
        var bytes: UInt64
        /// Files that readers see and that are not carried, since they are had on demand, and the projects that they are of.
        var leftProjects: Int
        var leftFiles: Int
    }

    /// Makes ready for an export.
    ///
    /// - Returns: The plan of an earlier run that was cut off; `nil` when there is none to go on with.
    /// - Throws: `FileError`; ``MirrorError`` for a folder that holds another bundle.
    func open() throws -> Plan? {
        let plan = try plannedExport()
        if try fileSystem.exists(file(BundleFiles.description)) {
            guard plan != nil else {
                throw MirrorError.usage("\(path) holds a bundle already; choose another folder")
            }
            // It was cut off between the last two steps.
            return plan
        }
        if plan != nil { return plan }
        let isBegun = try fileSystem.exists(self.plan)
        for entry in try fileSystem.list(path) where Self.isOfBundle(entry.name) {
            guard isBegun else {
                throw MirrorError.usage(
                    "\(path) holds \(entry.name), of another bundle; choose another folder"
                )
            }
            try fileSystem.remove(path.appending(entry.name))
        }
        if isBegun { try fileSystem.removeTree(self.plan) }
        return nil
    }

    private static func isOfBundle(_ name: String) -> Bool {
        let plain = name.hasPrefix(".") && name.hasSuffix(".new") ? String(name.dropFirst().dropLast(4)) : name
        if [BundleFiles.list, BundleFiles.digests, BundleFiles.readme, BundleFiles.description].contains(plain) {
            return true
        }
        if BundleFiles.isSignature(plain) { return true }
        return plain.hasPrefix("volume-") && (plain.hasSuffix(".tar") || plain.hasSuffix(".jsonl"))
    }

    /// Makes a plan durable.
    func write(_ plan: Plan) throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("bundle", String(decoding: plan.bundle.bytes, as: UTF8.self))
            writer.member("bytes", plan.bytes)
            writer.member("changed", plan.changed)
            writer.member("leftFiles", plan.leftFiles)
            writer.member("leftProjects", plan.leftProjects)
            writer.member("objects", plan.objects)
            writer.member("options", plan.options)
            writer.member("recordVolumes", plan.recordVolumes)
            writer.member("removed", plan.removed)
            writer.member("volumes", plan.volumes)
        }
        try fileSystem.synchronizeDirectory(path)
        try fileSystem.replace(head, with: writer.bytes + [UInt8(ascii: "\n")])
    }

    /// Removes the plan of a bundle that is finished; durable.
    func forgetPlan() throws(FileError) {
        // Without its head, nobody goes on with the rest.
        try fileSystem.removeIfPresent(head)
        try fileSystem.synchronizeDirectory(plan)
        try fileSystem.removeTree(plan)
        try fileSystem.synchronizeDirectory(path)
    }

    private func plannedExport() throws -> Plan? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: head, limit: 1 << 28)
        } catch  where error.isMissing {
            return nil
        }
        // It was replaced as a whole, so that what cannot be read is of another version.
        guard let root = try? JSONDocument(bytes).root,
            let text = root["bundle"]?.string, let bundle = try? BundleDescription(Array(text.utf8)),
            let options = root["options"]?.string, let records = root["recordVolumes"]?.unsigned,
            let volumes = root["volumes"]?.unsigned, let changed = root["changed"]?.unsigned,
            let removed = root["removed"]?.unsigned, let objects = root["objects"]?.unsigned,
            let size = root["bytes"]?.unsigned, let leftProjects = root["leftProjects"]?.unsigned,
            let leftFiles = root["leftFiles"]?.unsigned
        else { return nil }
        return Plan(
            bundle: bundle,
            options: options,
            recordVolumes: Int(clamping: records),
            volumes: Int(clamping: volumes),
            changed: Int(clamping: changed),
            removed: Int(clamping: removed),
            objects: objects,
            bytes: size,
            leftProjects: Int(clamping: leftProjects),
            leftFiles: Int(clamping: leftFiles)
        )
    }
}
