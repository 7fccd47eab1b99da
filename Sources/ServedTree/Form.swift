/// The forms in which a page of the simple index is there (PEP 503, PEP 691).
package enum Form: String, CaseIterable, Sendable {
    /// HTML under its own name.
    case html
    /// HTML as PEP 691 calls it; the same bytes.
    case v1HTML = "v1_html"
    /// JSON.
    case v1JSON = "v1_json"

    /// The name of its file.
    var filename: String { "index.\(rawValue)" }

    /// Its media type.
    var type: String {
        switch self {
        case .html: "text/html"
        case .v1HTML: "application/vnd.pypi.simple.v1+html"
        case .v1JSON: "application/vnd.pypi.simple.v1+json"
        }
    }

    /// How its file is served.
    var treatment: Place.Treatment {
        Place.Treatment(type: type, caching: .briefly, mayBeCompressed: true, isForm: true)
    }

    /// The form whose file has a name; `nil` for another name.
    static func named(_ filename: String) -> Form? {
        allCases.first { $0.filename == filename }
    }

    /// The form that a client asks for: JSON where it takes that, else HTML as PEP 691 calls it, else plain HTML, whatever
    /// it prefers.
    ///
    /// A type with a weight of 0 is refused (RFC 9110, section 12.5.1). So the web servers of the layouts choose too.
    ///
    /// - Parameter accept: The `Accept` header; `nil` without one.
    package init(accept: String?) {
        let accepted = accept.map(AcceptedNames.init)
        func takes(_ kind: String) -> Bool {
            ["v1", "latest"].contains { accepted?.accepts("application/vnd.pypi.simple.\($0)+\(kind)") ?? false }
        }
        self = takes("json") ? .v1JSON : takes("html") ? .v1HTML : .html
    }
}

/// What a header lists that a client takes, each perhaps with a weight (RFC 9110, section 12.4.2).
struct AcceptedNames {
    private let accepted: Set<String>

    /// Reads the value of a header.
    init(_ header: String) {
        var accepted: Set<String> = []
        for element in header.split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed.lowercased() }
            guard let name = parts.first, !name.isEmpty else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }?.dropFirst(2)
            if weight.map(Self.isZero) != true { accepted.insert(name) }
        }
        self.accepted = accepted
    }

    /// Whether a name is listed, and not refused.
    func accepts(_ name: String) -> Bool { accepted.contains(name) }

    private static func isZero(_ weight: Substring) -> Bool {
        !weight.isEmpty && weight.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    var trimmed: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
