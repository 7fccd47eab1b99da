import Packaging

/// What holds for core metadata: an input is the bytes of a METADATA file.
enum CoreMetadataProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let metadata = DistributionMetadata(input)
        for problem in metadata.problems { try requirePrintable(problem.description) }
        let values = [metadata.metadataVersion, metadata.name, metadata.version, metadata.requiresPython]
        for value in values.compactMap(\.self) {
            let ends = [value.unicodeScalars.first, value.unicodeScalars.last].compactMap(\.self)
            try require(!ends.contains { $0.properties.isWhitespace }, "white space around \(value.debugDescription)")
            try require(!value.utf8.contains(UInt8(ascii: "\n")), "a line ends within \(value.debugDescription)")
        }
        try require(
            Set(metadata.providedExtras).count == metadata.providedExtras.count,
            "an extra is listed twice: \(metadata.providedExtras)"
        )
        // A description changes nothing.
        let described = DistributionMetadata(input + Array("\n\nName: other\nRequires-Dist: other\n".utf8))
        try require(described == metadata, "a description is read as headers")
    }
}
