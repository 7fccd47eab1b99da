internal import Packaging

/// Takes the files of a page one by one, and refuses those that must not be listed.
struct FileCollector {
    let project: ProjectName
    let base: Link
    private(set) var files: [PageFile] = []
    private(set) var refusals: [Refusal] = []
    private var places: [String: Int] = [:]

    init(project: ProjectName, base: Link) {
        self.project = project
        self.base = base
    }

    /// Notes that a file is left out.
    mutating func refuse(_ filename: String, _ reason: Refusal.Reason) {
        refusals.append(Refusal(filename, reason))
    }

    /// The link and the name that it ends in, decoded once; refused and `nil` when it cannot be followed.
    mutating func resolve(_ reference: String, for filename: String, base: Link) -> (link: Link, name: String)? {
        do {
            let link = try Link(reference, base: base)
            guard let name = Percent.decoded(link.lastComponent) else {
                refuse(filename, .unsafeName(.notUTF8))
                return nil
            }
            return (link, name)
        } catch {
            refuse(filename, .badLink(error))
            return nil
        }
    }

    /// Takes a file, unless its name is unsafe, it belongs to another project, or its name came before.
    mutating func add(_ file: PageFile) {
        if let violation = FilenameSafety.violation(of: file.filename) {
            return refuse(file.filename, .unsafeName(violation))
        }
        do {
            _ = try DistributionFilename.parse(file.filename, project: project)
        } catch .foreign(_, _, let owner) {
            return refuse(file.filename, .foreign(owner: owner))
        } catch {
            // Odd, but safe: clients skip it, a mirror may keep it.
        }
        guard let place = places[file.filename] else {
            places[file.filename] = files.count
            files.append(file)
            return
        }
        if !Self.isSame(files[place], file) { refuse(file.filename, .duplicate) }
    }

    /// Whether two entries of one name are of the same bytes, as far as the page tells.
    private static func isSame(_ first: PageFile, _ second: PageFile) -> Bool {
        if let left = first.hashes["sha256"], let right = second.hashes["sha256"] { return left == right }
        let common = first.hashes.keys.filter { second.hashes[$0] != nil }
        if common.isEmpty { return first.hashes.isEmpty && second.hashes.isEmpty && first.url == second.url }
        return common.allSatisfy { first.hashes[$0] == second.hashes[$0] }
    }
}
