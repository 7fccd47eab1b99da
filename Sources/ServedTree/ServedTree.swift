package import FileIO
package import SystemPackage

/// A published tree, as a web server shows it: what a path, and what the client takes, lead to.
///
/// Knows no sockets. Each answer is of one moment of the tree; the document root is a link that publications replace.
package struct ServedTree: Sendable {
    /// What pages for people may load.
    private let contentPolicy: String
    /// The document root.
    private let root: String

    /// The tree below a document root.
    ///
    /// - Parameters:
    ///   - root: The document root: `web` of a mirror.
    ///   - contentPolicy: What pages for people may load (`Content-Security-Policy`).
    package init(root: FilePath, contentPolicy: String) {
        self.root = root.string
        self.contentPolicy = contentPolicy
    }

    /// Answers a request; blocks as long as the disk takes to find a file.
    ///
    /// - Parameter request: The request, which is GET or HEAD.
    /// - Returns: The answer.
    /// - Throws: ``FileError`` when it cannot be told what is there, as with too many open files.
    package func answer(_ request: ServedRequest) throws(FileError) -> ServedAnswer {
        guard let target = RequestTarget(request.target), let place = Place(target) else { return .absent }
        var answer: ServedAnswer
        switch place {
        case .file(let path, let treatment): answer = try file(path, treatment, request) ?? .absent
        case .page(let folder): answer = try page(folder, request)
        case .folder(let path, let target):
            answer = LinkedFile.isDirectory("\(root)/\(path)") ? .redirect(301, to: target) : .absent
        case .front:
            let treatment = Place.Treatment(type: "text/html", caching: .never, isForPeople: true)
            answer = try file("index.html", treatment, request) ?? .redirect(302, to: "/simple/")
        }
        if request.isHead { answer.body = .none }
        return answer
    }

    /// The place below `packages/` that a request is for; `nil` for any other.
    ///
    /// - Parameter request: The request.
    /// - Returns: The directory, and the name of the file.
    package func package(of request: ServedRequest) -> (path: String, filename: String)? {
        guard let target = RequestTarget(request.target), case .file(let path, let treatment)? = Place(target),
            treatment.caching == .always
        else { return nil }
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 5, let filename = parts.last else { return nil }
        return (parts.dropLast().suffix(3).joined(separator: "/"), filename)
    }

    /// The project whose newest pages a request is for, as its path has the name; `nil` for anything else.
    ///
    /// - Parameter request: The request.
    /// - Returns: The name.
    package func project(of request: ServedRequest) -> String? {
        guard let target = RequestTarget(request.target), let place = Place(target) else { return nil }
        let path: String
        switch place {
        case .page(let folder): path = folder
        case .file(let file, _): path = file
        case .folder, .front: return nil
        }
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 2, ["simple", "pypi", "project"].contains(parts[0]), Form.named(parts[1]) == nil else {
            return nil
        }
        return parts[1]
    }

    /// The answer with a package that is not where the tree has it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - content: What there is of it.
    /// - Returns: The answer.
    package func answer(_ request: ServedRequest, with content: PackageContent) -> ServedAnswer {
        let treatment = Place.Treatment(type: "application/octet-stream", caching: .always)
        var answer: ServedAnswer
        switch content {
        case .file(let file): answer = self.answer(file, treatment, request, nil, isPacked: false)
        case .known(let size, let digest): answer = coming(nil, size, digest, nil, treatment, request)
        case .growing(let file, let size, let digest, let lastModified):
            answer = coming(file, size, digest, lastModified, treatment, request)
        }
        if request.isHead { answer.body = .none }
        return answer
    }

    private func coming(
        _ file: (any GrowingFile)?,
        _ size: UInt64?,
        _ digest: String,
        _ lastModified: String?,
        _ treatment: Place.Treatment,
        _ request: ServedRequest
    ) -> ServedAnswer {
        let tag = "\"\(digest)\""
        let modified = lastModified.flatMap { HTTPDate($0) }
        var fields = fields(of: treatment)
        fields += [("ETag", tag), ("Content-Type", treatment.type)]
        if let modified { fields.append(("Last-Modified", modified.text)) }
        guard let size else {
            // Nobody knows yet where a part of it would end.
            let body: ServedAnswer.Body = file.map { .growing($0, from: 0, to: nil) } ?? .none
            return ServedAnswer(status: 200, fields: fields, body: body)
        }
        fields.append(("Accept-Ranges", "bytes"))
        let never = HTTPDate(seconds: .min)
        if request.has(tag, modified: modified ?? HTTPDate(seconds: .max)) {
            return ServedAnswer(status: 304, fields: fields.filter { $0.name != "Content-Type" }, body: .none)
        }
        switch request.part(of: size, tag, modified: modified ?? never) {
        case .whole:
            fields.append(("Content-Length", "\(size)"))
            let body: ServedAnswer.Body = file.map { .growing($0, from: 0, to: size) } ?? .none
            return ServedAnswer(status: 200, fields: fields, body: body)
        case .part(let range):
            fields.append(("Content-Length", "\(range.count)"))
            fields.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"))
            let body: ServedAnswer.Body =
                file.map { .growing($0, from: range.lowerBound, to: range.upperBound) } ?? .none
            return ServedAnswer(status: 206, fields: fields, body: body)
        case .unsatisfiable:
            return .plain(416, "the file has \(size) bytes", [("Content-Range", "bytes */\(size)")])
        }
    }

    private func page(_ folder: String, _ request: ServedRequest) throws(FileError) -> ServedAnswer {
        let form = Form(accept: request.accept)
        return try file("\(folder)/\(form.filename)", form.treatment, request, form: form) ?? .absent
    }

    /// The answer with a file; `nil` when there is none.
    private func file(
        _ path: String,
        _ treatment: Place.Treatment,
        _ request: ServedRequest,
        form: Form? = nil
    ) throws(FileError) -> ServedAnswer? {
        let path = "\(root)/\(path)"
        if treatment.mayBeCompressed, request.takesGzip, let packed = try LinkedFile.open(path + ".gz") {
            return answer(packed, treatment, request, form, isPacked: true)
        }
        guard let plain = try LinkedFile.open(path) else { return nil }
        return answer(plain, treatment, request, form, isPacked: false)
    }

    private func answer(
        _ file: LinkedFile,
        _ treatment: Place.Treatment,
        _ request: ServedRequest,
        _ form: Form?,
        isPacked: Bool
    ) -> ServedAnswer {
        let modified = HTTPDate(seconds: file.modificationTime)
        // A page has one time and may have one size in all its forms, each of which is a version of its own.
        let version = "\(String(file.modificationTime, radix: 16))-\(String(file.size, radix: 16))"
        let tag = "\"\(version)\(form.map { "-\($0.rawValue)" } ?? "")\(isPacked ? "-gzip" : "")\""
        var fields = fields(of: treatment)
        fields += [("ETag", tag), ("Last-Modified", modified.text)]
        if isPacked { fields.append(("Content-Encoding", "gzip")) }
        if request.has(tag, modified: modified) {
            return ServedAnswer(status: 304, fields: fields, body: .none)
        }
        fields += [("Content-Type", treatment.type), ("Accept-Ranges", "bytes")]
        switch request.part(of: file.size, tag, modified: modified) {
        case .whole:
            fields.append(("Content-Length", "\(file.size)"))
            return ServedAnswer(status: 200, fields: fields, body: .file(file, 0..<file.size))
        case .part(let range):
            fields.append(("Content-Length", "\(range.count)"))
            fields.append(("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"))
            return ServedAnswer(status: 206, fields: fields, body: .file(file, range))
        case .unsatisfiable:
            return .plain(416, "the file has \(file.size) bytes", [("Content-Range", "bytes */\(file.size)")])
        }
    }

    /// The headers that every answer with a file of a place has.
    private func fields(of treatment: Place.Treatment) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = [("X-Content-Type-Options", "nosniff")]
        let caching =
            switch treatment.caching {
            case .always: "public, max-age=31536000, immutable"
            case .briefly: "public, max-age=600"
            case .never: "no-cache"
            }
        fields.append(("Cache-Control", caching))
        if treatment.mayBeCompressed {
            fields.append(("Vary", treatment.isForm ? "Accept, Accept-Encoding" : "Accept-Encoding"))
        }
        if treatment.isForPeople { fields.append(("Content-Security-Policy", contentPolicy)) }
        // More than any list states, so that mirrors which ask for a serial take every document.
        if treatment.statesSerial { fields.append(("X-PyPI-Last-Serial", "999999999999999")) }
        return fields
    }
}
