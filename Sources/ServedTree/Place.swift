/// What a path stands for in a published tree, and how it is served.
///
/// These are the rules of the web servers' layouts: what they name is served, and nothing else.
package enum Place: Equatable, Sendable {
    /// One file below the document root.
    case file(String, Treatment)
    /// A page in three forms: the folder below the document root that holds them.
    case page(String)
    /// A folder, whose path lacks its slash: where it is below the document root, and the path with the slash.
    case folder(String, target: String)
    /// The front page; without one the list of projects is what there is to see.
    case front

    /// How a file is served.
    package struct Treatment: Equatable, Sendable {
        /// Its media type.
        let type: String
        /// How long it may be kept.
        let caching: Caching
        /// Whether a compressed one may lie beside it.
        var mayBeCompressed = false
        /// Whether it is one of several forms of a page, which are chosen among by `Accept`.
        var isForm = false
        /// Whether it is a page for people, which may load nothing from elsewhere.
        var isForPeople = false
        /// Whether it states a serial that no list exceeds (`X-PyPI-Last-Serial`).
        var statesSerial = false
    }

    /// How long an answer may be kept.
    package enum Caching: Equatable, Sendable {
        /// For ever: what has the name never changes.
        case always
        /// For ten minutes.
        case briefly
        /// Not without asking.
        case never
    }

    /// What a path stands for; `nil` for what is not published.
    ///
    /// - Parameter target: The path.
    package init?(_ target: RequestTarget) {
        var parts = target.parts[...]
        guard let first = parts.first else {
            self = .front
            return
        }
        var base = ""
        if first == "snapshots" {
            guard parts.count >= 2, Self.isSnapshotName(parts[1]) else { return nil }
            base = "snapshots/\(parts[1])/"
            parts = parts.dropFirst(2)
            if parts.isEmpty || parts.elementsEqual([""]) {
                self = .folder(base + "simple", target: RequestTarget.text(target.parts.prefix(2)) + "/simple/")
                return
            }
        }
        guard let place = Self.inTree(Array(parts), base) ?? (base.isEmpty ? Self.atRoot(Array(parts)) : nil) else {
            return nil
        }
        self = place
    }

    // MARK: - In the live tree and in snapshots

    private static func inTree(_ parts: [String], _ base: String) -> Place? {
        switch parts.first {
        case "simple": simple(parts, base)
        case "pypi": document(parts, base)
        case "packages": package(parts, base)
        default: nil
        }
    }

    private static func simple(_ parts: [String], _ base: String) -> Place? {
        let folder = base + parts.prefix(2).filter { !$0.isEmpty }.joined(separator: "/")
        switch parts.count {
        case 1: return .folder(folder, target: RequestTarget.text(base.parts + parts) + "/")
        case 2 where parts[1].isEmpty: return .page(folder)
        case 2:
            if let form = Form.named(parts[1]) { return .file(base + "simple/" + form.filename, form.treatment) }
            guard isName(parts[1]) else { return nil }
            return .folder(folder, target: RequestTarget.text(base.parts + parts) + "/")
        case 3 where isName(parts[1]):
            if parts[2].isEmpty { return .page(folder) }
            return Form.named(parts[2]).map { .file("\(folder)/\($0.filename)", $0.treatment) }
        default: return nil
        }
    }

    private static func document(_ parts: [String], _ base: String) -> Place? {
        guard (3...4).contains(parts.count), parts.last == "json", parts[1...].allSatisfy(isName) else { return nil }
        let treatment = Treatment(
            type: "application/json",
            caching: .briefly,
            mayBeCompressed: true,
            statesSerial: true
        )
        return .file(base + parts.joined(separator: "/"), treatment)
    }

    private static func package(_ parts: [String], _ base: String) -> Place? {
        guard parts.count == 5, zip(parts[1...3], [2, 2, 60]).allSatisfy({ isHex($0, count: $1) }), isName(parts[4])
        else { return nil }
        let isProvenance = parts[4].hasSuffix(".provenance")
        let type = isProvenance ? "application/vnd.pypi.integrity.v1+json" : "application/octet-stream"
        return .file(base + parts.joined(separator: "/"), Treatment(type: type, caching: .always))
    }

    // MARK: - Beside them

    private static func atRoot(_ parts: [String]) -> Place? {
        if parts.first == "project" { return project(parts) }
        switch parts {
        case ["index.html"]: return .front
        case ["names.js"]: return .file("names.js", asset("text/javascript"))
        case ["pages", "search.js"]: return .file("pages/search.js", asset("text/javascript"))
        case ["pages", "style.css"]: return .file("pages/style.css", asset("text/css"))
        case ["pages", "icon.svg"]: return .file("pages/icon.svg", asset("image/svg+xml"))
        case ["status.json"], ["generation.json"]:
            return .file(parts[0], Treatment(type: "application/json", caching: .never))
        case ["generation.json.minisig"]: return .file(parts[0], Treatment(type: "text/plain", caching: .never))
        default: return nil
        }
    }

    private static func project(_ parts: [String]) -> Place? {
        guard parts.count >= 2, parts[1].utf8.allSatisfy(isNormalized), !parts[1].isEmpty else { return nil }
        let page = Treatment(type: "text/html", caching: .briefly, mayBeCompressed: true, isForPeople: true)
        switch parts.count {
        case 2: return .folder("project/\(parts[1])", target: "/project/\(parts[1])/")
        case 3 where ["", "about.html"].contains(parts[2]): return .file("project/\(parts[1])/about.html", page)
        default: return nil
        }
    }

    private static func asset(_ type: String) -> Treatment {
        Treatment(type: type, caching: .briefly, mayBeCompressed: true)
    }

    // MARK: - Names

    private static func isName(_ text: String) -> Bool { !text.isEmpty && !text.hasPrefix(".") }

    private static func isSnapshotName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isNormalized(byte) && byte != UInt8(ascii: "-")
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isNormalized(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    private static func isHex(_ text: String, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension String {
    /// What stands between the slashes of a folder below the document root.
    fileprivate var parts: [String] { split(separator: "/").map(String.init) }
}
