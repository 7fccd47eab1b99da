internal import Catalog
package import Digest
internal import FileIO
internal import ObjectStore
package import Record
internal import SystemPackage

/// A name of a package that is not as it should be.
package struct LinkProblem: Sendable {
    /// What is wrong with it.
    package enum Kind: Sendable {
        /// It leads nowhere, elsewhere, or is of another kind than it should be.
        case dangling
        /// It could not be read, which says nothing about where it leads.
        case unreadable
        /// A copy has fewer bytes than it should.
        case short
        /// A copy has more bytes than it should.
        case long
        /// A copy has other permissions than it should.
        case mode
    }

    /// What is wrong with it.
    package let kind: Kind
    /// The object that is to be had there, or is.
    package let object: SHA256Digest?
    /// Its path, below the root.
    package let path: String
    /// The name itself.
    package let file: String
    /// What is wrong, in one line.
    package let detail: String
}

extension PackageLinks {
    /// The names that the pages of a project lead to and that are not as they should be; of copies, all but their bytes.
    ///
    /// A file that is had on demand has no name before somebody asked for it.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - onDemand: Whether its pages list files that are had on demand.
    /// - Returns: The names.
    /// - Throws: `FileError`, `CatalogError` for what cannot be read.
    package func problems(of record: ProjectRecord, onDemand: Bool) throws -> [LinkProblem] {
        let kinds = try kinds()
        var problems: [LinkProblem] = []
        for file in record.publishableFiles(onDemand: onDemand) {
            for entry in file.packages {
                let found = try state(of: entry.filename, at: entry.path)
                if found.isMissing, !file.heldPackages.contains(entry) { continue }
                guard let (kind, detail) = try problem(with: found, expecting: entry.object, kinds) else { continue }
                problems.append(
                    LinkProblem(
                        kind: kind,
                        object: entry.object,
                        path: entry.relativePath,
                        file: entry.filename,
                        detail: detail
                    )
                )
            }
        }
        return problems
    }

    /// What is wrong with a name that is to lead to an object; `nil` when nothing is.
    func problem(
        with found: PackageState,
        expecting digest: SHA256Digest,
        _ kinds: LinkKinds
    ) throws -> (LinkProblem.Kind, String)? {
        let target = Self.target(of: digest)
        let should = "should be \(kinds.wanted.words) of the object"
        switch found {
        case .missing:
            return (.dangling, kinds.wanted == .symbolic ? "the link is missing" : "there is no file, and \(should)")
        case .other: return (.dangling, "it is no link, and should be one to \(target)")
        case .symbolic(target):
            return kinds.allow(.symbolic) ? nil : (.dangling, "it is a symbolic link, and \(should)")
        case .symbolic(let other): return (.dangling, "it points to \(other) and should point to \(target)")
        case .file(_, nil): return (.dangling, "it is no link, and should be one to \(target)")
        case .file(let status, let row?):
            guard row.object == digest else {
                return (.dangling, "it is to hold the object \(row.object), and should hold \(digest)")
            }
            return try problem(with: status, row, kinds)
        }
    }

    /// What is wrong with a file that is to hold the object of its row.
    private func problem(
        with status: FileStatus,
        _ row: PackageRow,
        _ kinds: LinkKinds
    ) throws(FileError) -> (LinkProblem.Kind, String)? {
        let object = try objects.status(of: row.object)
        let kind: LinkKind = object?.identity == status.identity ? .hard : .copy
        guard kinds.allow(kind) else {
            // An object that is gone is a finding of its own, and what has its bytes is what it can be had from.
            if kind == .copy, kinds.wanted == .hard, object == nil { return nil }
            let problem =
                kind == .copy && kinds.wanted == .hard
                ? "it is another file than the object, and should be a hard link of it"
                : "it is \(kind.words), and should be \(kinds.wanted.words) of the object"
            return (.dangling, problem)
        }
        guard kind == .copy else { return nil }
        if status.size != row.size {
            return (
                status.size < row.size ? .short : .long,
                "\(row.size) bytes are expected of the copy, \(status.size) are there"
            )
        }
        guard status.permissions == ObjectStore.permissions else {
            let mode = String(status.permissions.rawValue, radix: 8)
            return (.mode, "the mode of the copy is 0\(mode), and should be 0444")
        }
        return nil
    }

    /// The names below a directory of the first level that lead to no known object, or are of a kind that none should be.
    ///
    /// - Parameters:
    ///   - prefix: The name of the directory, two hexadecimal digits.
    ///   - kinds: Which kinds there may be.
    ///   - isKnown: Whether an object is known.
    /// - Returns: The names, what is none, and what cannot be read.
    package func danglingNames(
        below prefix: String,
        _ kinds: LinkKinds,
        isKnown: (SHA256Digest) -> Bool
    ) -> [LinkProblem] {
        var problems: [LinkProblem] = []
        var directories = [prefix]
        while let relative = directories.popLast() {
            do throws(FileError) {
                for entry in try fileSystem.list(directory.appending(relative)) {
                    let path = "\(relative)/\(entry.name)"
                    // Three levels of directories, and names below them.
                    if entry.kind == .directory, path.utf8.count(where: { $0 == UInt8(ascii: "/") }) < 3 {
                        directories.append(path)
                    } else if let problem = problem(of: entry.name, at: relative, kinds, isKnown) {
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

    /// What is wrong with a name that should lead to an object.
    private func problem(
        of name: String,
        at path: String,
        _ kinds: LinkKinds,
        _ isKnown: (SHA256Digest) -> Bool
    ) -> LinkProblem? {
        let full = "\(path)/\(name)"
        let found: PackageState
        do {
            found = try state(of: name, at: path)
            if let object = found.object, isKnown(object) {
                guard let (kind, detail) = try problem(with: found, expecting: object, kinds) else { return nil }
                return LinkProblem(kind: kind, object: object, path: "packages/\(full)", file: name, detail: detail)
            }
        } catch {
            return unreadable(full, named: name, error)
        }
        let detail: String
        switch found {
        case .missing: return nil
        case .other, .file(_, nil): detail = "it is no link"
        case .symbolic(let target): detail = "it points to \(target), which is no object that the index knows"
        case .file(_, let row?): detail = "it is to hold \(row.object), which is no object that the index knows"
        }
        return LinkProblem(
            kind: .dangling,
            object: found.target.flatMap { SHA256Digest(hex: $0.suffix(64)) } ?? found.object,
            path: "packages/\(full)",
            file: name,
            detail: detail
        )
    }

    private func unreadable(_ path: String, named name: String, _ error: any Error) -> LinkProblem {
        LinkProblem(kind: .unreadable, object: nil, path: "packages/\(path)", file: name, detail: "\(error)")
    }
}
