import Packaging
import Requirements
import SystemPackage

/// What holds for requirement files: an input is one or more of them, with a zero byte between; the others are called
/// `1`, `2` and so on.
enum RequirementFileProperties {
    private struct Absent: Error {}

    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let files = input.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
        let read = Result { () throws(RequirementFileError) in
            try RequirementFiles.read("0") { path in
                guard let number = Int(path.string), files.indices.contains(number) else { throw Absent() }
                return files[number]
            }
        }
        switch read {
        case .success(let result): try check(result, of: input)
        case .failure(let error): try requirePrintable(error.problem.description)
        }
    }

    private static func check(_ result: RequirementFiles, of input: [UInt8]) throws(PropertyViolation) {
        try require(result.files.first == "0", "the file itself is not among those that were read")
        try require(Set(result.files).count == result.files.count, "a file is listed twice")
        for skipped in result.skipped {
            try requirePrintable("\(skipped.text) \(skipped.reason)")
            try require(result.files.contains(skipped.file), "something of no file is skipped")
            try require(1...input.count + 1 ~= skipped.line, "line \(skipped.line) of \(input.count) bytes")
        }
        // Where there are no escapes, the normal form can be read again.
        let isPlain = !input.contains(UInt8(ascii: "\\"))
        for stated in result.requirements + result.constraints {
            try require(result.files.contains(stated.file), "a requirement stands in no file")
            try require(1...input.count + 1 ~= stated.line, "line \(stated.line) of \(input.count) bytes")
            try require(stated.requirement.url == nil, "a requirement has a URL")
            let again = Result { () throws(RequirementError) in try Requirement.parse("\(stated.requirement)") }
            // PEP 508 lets an extra end in `_`, but not in the `-` that this becomes, as in `packaging`.
            if isPlain, !stated.requirement.extras.contains(where: { $0.normalized.hasSuffix("-") }) {
                guard case .success(let requirement) = again else {
                    throw PropertyViolation(description: "the normal form '\(stated.requirement)' is refused")
                }
                try require(requirement.name == stated.requirement.name, "'\(stated.requirement)' has another name")
            }
            for digest in stated.digests {
                try require(stated.allows(digests: [digest.algorithm: digest.hex]), "\(digest) is not allowed")
            }
        }
    }
}
