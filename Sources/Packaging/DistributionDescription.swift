/// What a distribution says of itself to people and to tools that list it: the core metadata of a METADATA or PKG-INFO
/// file as texts, whatever they mean.
///
/// As leniently as ``DistributionMetadata``: any bytes will do, and of a field that may stand once but stands more often
/// the first counts. A value that is not UTF-8 is left out.
package struct DistributionDescription: Hashable, Sendable {
    private var single: [String: String] = [:]
    private var several: [String: [String]] = [:]

    /// The description: what stands behind the headers, or in the header `Description`; `nil` when there is none.
    package private(set) var text: String?

    /// Reads the bytes of a file.
    package init(_ bytes: [UInt8]) {
        let headers = MetadataHeaders(bytes)
        var header: MetadataHeaders.Header?
        for found in headers.headers {
            if found.name == "description" {
                if header == nil { header = found }
                continue
            }
            guard let value = found.value else { continue }
            if Self.repeated.contains(found.name) {
                guard several[found.name, default: []].count < DistributionMetadata.maximumCount else { continue }
                several[found.name, default: []].append(value)
            } else if single[found.name] == nil {
                single[found.name] = value
            }
        }
        if headers.body.isEmpty {
            text = header.flatMap { Self.unfolded($0.lines) }
        } else {
            text = String(decoding: headers.body, as: UTF8.self)
        }
    }

    /// The value of a field that may stand once.
    ///
    /// - Parameter field: The name, in any case.
    /// - Returns: The value; `nil` when there is none, or an empty one.
    package func value(of field: String) -> String? {
        single[field.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The values of a field that may stand more often, in their order.
    ///
    /// - Parameter field: The name, in any case.
    /// - Returns: The values, at most ``DistributionMetadata/maximumCount``.
    package func values(of field: String) -> [String] { several[field.lowercased()] ?? [] }

    /// `Project-URL`: each label with its URL, in their order; of a label that stands more often the first counts.
    package var projectURLs: [(label: String, url: String)] {
        var labels: Set<String> = []
        return values(of: "Project-URL").compactMap { value in
            guard let comma = value.firstIndex(of: ",") else { return nil }
            let label = String(value[..<comma].strippedOfSpace)
            guard labels.insert(label).inserted else { return nil }
            return (label, String(value[value.index(after: comma)...].strippedOfSpace))
        }
    }

    private static let repeated: Set<String> = [
        "classifier", "dynamic", "license-file", "platform", "project-url", "provides-extra", "requires-dist",
        "supported-platform",
    ]

    /// A description that stands in a header, whose further lines begin with eight spaces, or with seven and a bar.
    private static func unfolded(_ lines: [ArraySlice<UInt8>]) -> String? {
        var texts: [String] = []
        for (index, line) in lines.enumerated() {
            guard let text = String(validating: line, as: UTF8.self) else { return nil }
            let isFolded = index > 0 && (text.hasPrefix("        ") || text.hasPrefix("       |"))
            texts.append(
                index == 0 ? String(Substring(text).strippedOfSpace) : String(text.dropFirst(isFolded ? 8 : 1))
            )
        }
        let text = texts.joined(separator: "\n")
        return text.isEmpty ? nil : text
    }
}
