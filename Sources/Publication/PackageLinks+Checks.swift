package import Digest
internal import FileIO
internal import ObjectStore
package import Record
internal import SystemPackage

/// A link of a package that is not as it should be.
package struct LinkProblem: Sendable {
    /// The object that it should point to, or does.
    package let object: SHA256Digest?
    /// The link, below the root.
    package let path: String
    /// The name of the link.
    package let file: String
    /// What is wrong, in one line.
    package let detail: String
}

extension PackageLinks {
    /// The links that the pages of a project lead to and that do not point where they should.
    ///
    /// - Throws: ``FileError`` for a link that cannot be read.
    package func problems(of record: ProjectRecord) throws -> [LinkProblem] {
        var problems: [LinkProblem] = []
        for file in record.publishableFiles {
            guard let path = file.path else { continue }
            let names = [(file.filename, file.sha256), (file.filename + ".metadata", file.sidecar)]
            for case (let name, let digest?) in names {
                let found = try fileSystem.readLinkIfPresent(directory.appending(path).appending(name))
                guard found != Self.target(of: digest) else { continue }
                problems.append(
                    LinkProblem(
                        object: digest,
                        path: "packages/\(path)/\(name)",
                        file: name,
                        detail: found.map { "it points to \($0)" } ?? "the link is missing"
                    )
                )
            }
        }
        return problems
    }

    /// The links below a directory of the first level that point to no known object.
    ///
    /// - Parameters:
    ///   - prefix: The name of the directory, two hexadecimal digits.
    ///   - isKnown: Whether an object is known.
    /// - Returns: The links, and the directories that cannot be read.
    package func danglingLinks(below prefix: String, isKnown: (SHA256Digest) -> Bool) -> [LinkProblem] {
        var problems: [LinkProblem] = []
        var directories = [prefix]
        while let relative = directories.popLast() {
            do throws(FileError) {
                for entry in try fileSystem.list(directory.appending(relative)) {
                    let path = "\(relative)/\(entry.name)"
                    if entry.kind == .directory {
                        directories.append(path)
                        continue
                    }
                    let target = try fileSystem.readLinkIfPresent(directory.appending(path)) ?? ""
                    let digest = SHA256Digest(hex: target.suffix(64))
                    if let digest, target == Self.target(of: digest), isKnown(digest) { continue }
                    problems.append(
                        LinkProblem(
                            object: digest,
                            path: "packages/\(path)",
                            file: entry.name,
                            detail: "it points to \(target), which is no object that the index knows"
                        )
                    )
                }
            } catch  where error.isMissing {
                continue
            } catch {
                problems.append(
                    LinkProblem(object: nil, path: "packages/\(relative)", file: prefix, detail: "\(error)")
                )
            }
        }
        return problems
    }
}
