/// What a distribution says of itself and its dependencies: the core metadata of a METADATA or PKG-INFO file (PEP 566,
/// PEP 643, PEP 685).
///
/// Read as leniently as `packaging.metadata.parse_email`: any bytes will do, unknown fields are passed over, and a field
/// that may stand once but stands more often has no value. What cannot be read is told in ``problems``. Values have no
/// white space around them; lines that go on with a value are joined to it by a space.
package struct DistributionMetadata: Hashable, Sendable {
    /// How many requirements and how many extras are read.
    package static let maximumCount = 10_000

    /// What could not be read.
    package enum Problem: Hashable, Sendable {
        /// A field that may stand once stands more often, and is taken for absent.
        case repeated(field: String)
        /// A value is not UTF-8, and is left out.
        case notText(field: String)
        /// A dependency that is no requirement.
        case requirement(text: String, RequirementError)
        /// A field stands more often than is read.
        case tooMany(field: String)
    }

    /// `Metadata-Version`, such as `2.1`.
    package private(set) var metadataVersion: String?
    /// `Name`, as spelled.
    package private(set) var name: String?
    /// `Version`, as spelled.
    package private(set) var version: String?
    /// `Requires-Python`, which may be no version specifier.
    package private(set) var requiresPython: String?
    /// `Requires-Dist`: those that can be read, in their order.
    package private(set) var requirements: [Requirement] = []
    /// `Provides-Extra`: each once, in their order, normalized also in metadata older than PEP 685.
    package private(set) var providedExtras: [ExtraName] = []
    /// `Dynamic`: the fields, in lower case, that building may change.
    package private(set) var dynamicFields: Set<String> = []
    /// What could not be read, in its order.
    package private(set) var problems: [Problem] = []

    /// Reads the bytes of a file.
    package init(_ bytes: [UInt8]) {
        var single: [String: [String]] = [:]
        var counts: [String: Int] = [:]
        for header in MetadataHeaders(bytes).headers where Self.fields.contains(header.name) {
            let count = counts[header.name, default: 0] + 1
            counts[header.name] = count
            guard count <= Self.maximumCount else {
                if count == Self.maximumCount + 1 { problems.append(.tooMany(field: header.name)) }
                continue
            }
            guard let value = header.value else {
                problems.append(.notText(field: header.name))
                continue
            }
            switch header.name {
            case "requires-dist": addRequirement(value)
            case "provides-extra":
                let extra = ExtraName(value)
                if !providedExtras.contains(extra) { providedExtras.append(extra) }
            case "dynamic": dynamicFields.insert(value.lowercased())
            default: single[header.name, default: []].append(value)
            }
        }
        func value(_ field: String) -> String? { counts[field] == 1 ? single[field]?.first : nil }
        metadataVersion = value("metadata-version")
        name = value("name")
        version = value("version")
        requiresPython = value("requires-python")
        for field in Self.singleFields where counts[field, default: 0] > 1 { problems.append(.repeated(field: field)) }
    }

    /// Whether the dependencies are what every build has: always in a wheel; in an sdist (PEP 643) from version 2.2 of
    /// the metadata on, unless they are dynamic.
    package var hasStaticDependencies: Bool {
        guard let version = metadataVersion.flatMap({ Version($0) }), let first = Version("2.2"), version >= first
        else { return false }
        return dynamicFields.isDisjoint(with: ["requires-dist", "provides-extra"])
    }

    private static let singleFields = ["metadata-version", "name", "version", "requires-python"]
    private static let fields = Set(singleFields + ["requires-dist", "provides-extra", "dynamic"])

    private mutating func addRequirement(_ text: String) {
        do throws(RequirementError) {
            requirements.append(try Requirement.parse(text))
        } catch {
            problems.append(.requirement(text: text, error))
        }
    }
}

extension DistributionMetadata.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .repeated(let field): "\(field) stands more than once"
        case .notText(let field): "a value of \(field) is not UTF-8"
        case .requirement(_, let error): "a dependency cannot be read: \(error)"
        case .tooMany(let field): "\(field) stands more than \(DistributionMetadata.maximumCount) times"
        }
    }
}
