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
    /// Whether it could not be read, which says nothing about where it points.
    package let isUnreadable: Bool
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
                let found = try fileSystem.linkState(directory.appending(path).appending(name))
                guard let problem = found.problem(expecting: Self.target(of: digest)) else { continue }
                problems.append(
                    LinkProblem(
                        object: digest,
                        path: "packages/\(path)/\(name)",
                        file: name,
                        detail: problem,
                        isUnreadable: false
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
    /// - Returns: The links, what is neither link nor directory, and what cannot be read.
    package func danglingLinks(below prefix: String, isKnown: (SHA256Digest) -> Bool) -> [LinkProblem] {
        var problems: [LinkProblem] = []
        var directories = [prefix]
        while let relative = directories.popLast() {
            do throws(FileError) {
                for entry in try fileSystem.list(directory.appending(relative)) {
                    let path = "\(relative)/\(entry.name)"
                    // Three levels of directories, and links below them.
                    if entry.kind == .directory, path.utf8.count(where: { $0 == UInt8(ascii: "/") }) < 3 {
                        directories.append(path)
                    } else if let problem = problem(of: path, named: entry.name, isKnown) {
                        problems.append(problem)
                    }
                }
            } catch  where error.isMissing {
                continue
            } catch {
                problems.append(unreadable(relative, named: prefix, error))
            }
        }
        return problems
    }

    /// What is wrong with a link that should point to an object.
    private func problem(of path: String, named name: String, _ isKnown: (SHA256Digest) -> Bool) -> LinkProblem? {
        let found: SymbolicLinkState
        do throws(FileError) {
            found = try fileSystem.linkState(directory.appending(path))
        } catch {
            return unreadable(path, named: name, error)
        }
        var digest: SHA256Digest?
        let detail: String
        switch found {
        case .missing: return nil
        case .other: detail = "it is no link"
        case .link(let target):
            digest = SHA256Digest(hex: target.suffix(64))
            if let digest, target == Self.target(of: digest), isKnown(digest) { return nil }
            detail = "it points to \(target), which is no object that the index knows"
        }
        return LinkProblem(
            object: digest,
            path: "packages/\(path)",
            file: name,
            detail: detail,
            isUnreadable: false
        )
    }

    private func unreadable(_ path: String, named name: String, _ error: FileError) -> LinkProblem {
        LinkProblem(object: nil, path: "packages/\(path)", file: name, detail: "\(error)", isUnreadable: true)
    }
}
