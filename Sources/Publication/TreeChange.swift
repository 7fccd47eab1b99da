package import Catalog
package import Digest
internal import JSON
package import Packaging

/// What one switch of the tree that readers see replaced, so that it can be taken back.
package struct TreeChange: Sendable {
    /// How a project was shown.
    package struct Project: Sendable, Equatable {
        /// The project.
        package let name: ProjectName
        /// Its view; `nil` where it had none.
        package let view: ViewID?
        /// Whether the root list named it.
        package let isListed: Bool

        /// How a project was shown.
        package init(name: ProjectName, view: ViewID?, isListed: Bool) {
            self.name = name
            self.view = view
            self.isListed = isListed
        }
    }

    /// The generation that was live before.
    package let former: Generation
    /// The number of the one that took its place, and what its tree came to.
    package let number: UInt64
    package let treeDigest: SHA256Digest
    /// The projects that changed, as they were shown before.
    package let projects: [Project]

    /// What it led to.
    var end: (UInt64, SHA256Digest) { (number, treeDigest) }

    init(former: Generation, number: UInt64, treeDigest: SHA256Digest, projects: [Project]) {
        self.former = former
        self.number = number
        self.treeDigest = treeDigest
        self.projects = projects
    }
}

/// A change as JSON with a seal, members in the order of their names.
extension TreeChange {
    func encoded() throws(DigestError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.objectMember("former") { former.writeMembers(to: &$0) }
            writer.member("generation", number)
            writer.arrayMember("projects", of: projects) { writer, project in
                writer.object { writer in
                    if project.view != nil { writer.member("listed", project.isListed) }
                    writer.member("name", project.name.normalized)
                    writer.member("view", project.view?.hex)
                }
            }
            writer.member("treeDigest", treeDigest.hex)
        }
        return try Seal.apply(to: writer.bytes)
    }

    /// Reads what ``encoded()`` wrote, without looking at the seal; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        guard let root = try? JSONDocument(bytes).root, let former = root["former"].flatMap(Generation.init),
            let number = root["generation"]?.unsigned,
            let treeDigest = root["treeDigest"]?.string.flatMap({ SHA256Digest(hex: $0) }), let list = root["projects"]
        else { return nil }
        var projects: [Project] = []
        projects.reserveCapacity(list.count)
        for entry in list.array {
            guard let text = entry["name"]?.string, let name = ProjectName(text), name.normalized == text else {
                return nil
            }
            let hex = entry["view"]?.string
            let view = hex.flatMap { ViewID(hex: $0) }
            guard (view == nil) == (hex == nil) else { return nil }
            projects.append(Project(name: name, view: view, isListed: entry["listed"]?.bool ?? false))
        }
        self.init(former: former, number: number, treeDigest: treeDigest, projects: projects)
    }
}
