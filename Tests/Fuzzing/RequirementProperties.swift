import Packaging

/// What holds for requirements and markers: an input is read as one and as the other.
enum RequirementProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let text = String(decoding: input, as: UTF8.self)
        // Where a text has no escapes, the normal form can be read again.
        let isPlain = !text.utf8.contains(UInt8(ascii: "\\"))
        switch Result(catching: { () throws(RequirementError) in try Requirement.parse(text) }) {
        case .success(let requirement):
            // PEP 508 lets an extra end in `_`, but not in the `-` that this becomes, as in `packaging`.
            let isReadable = isPlain && !requirement.extras.contains { $0.normalized.hasSuffix("-") }
            let again = isReadable ? try? Requirement.parse(requirement.description) : requirement
            try require(again == requirement, "'\(text)' and its normal form '\(requirement)' differ")
            if let marker = requirement.marker { try checkAnswers(of: marker) }
        case .failure(let error): try requirePrintable(error.description)
        }
        switch Result(catching: { () throws(MarkerError) in try Marker.parse(text) }) {
        case .success(let marker):
            let again = isPlain ? try? Marker.parse(marker.description) : marker
            try require(again == marker, "'\(text)' and its normal form '\(marker)' differ")
            try checkAnswers(of: marker)
        case .failure(let error): try requirePrintable(error.description)
        }
    }

    /// Checks that evaluation ends with an answer or with words for people.
    private static func checkAnswers(of marker: Marker) throws(PropertyViolation) {
        guard let environment = try? TargetEnvironment(python: "3.12", platform: "linux") else {
            throw PropertyViolation(description: "no environment")
        }
        let contexts: [Marker.Context] = [
            .metadata(extra: nil), .lockFile(extras: [ExtraName("a")], dependencyGroups: []), .requirement,
        ]
        for context in contexts {
            let answer = Result { () throws(MarkerError) in
                try marker.evaluate(in: environment.markers, context: context)
            }
            if case .failure(let error) = answer { try requirePrintable(error.description) }
        }
    }
}
