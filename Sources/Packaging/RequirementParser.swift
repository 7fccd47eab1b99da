/// The grammar of requirements, as the `packaging` library has it.
struct RequirementParser {
    private var scanner: DependencyScanner

    init(_ text: some StringProtocol) {
        scanner = DependencyScanner(text)
    }

    mutating func requirement() throws(RequirementError) -> Requirement {
        scanner.takeSpace()
        guard let spelledName = scanner.takeIdentifier()
        else { throw .syntax(scanner.expected("the name of a project")) }
        scanner.takeSpace()
        let extras = try extras()
        scanner.takeSpace()
        var (url, specifiers): (String?, VersionSpecifiers) = (nil, .any)
        if scanner.take("@") {
            url = try self.url()
        } else {
            specifiers = try self.specifiers()
            scanner.takeSpace()
        }
        var marker: Marker?
        if !scanner.isAtEnd {
            guard scanner.take(";") else { throw .syntax(scanner.expected("a specifier, ';' or the end")) }
            do throws(DependencySyntaxError) {
                marker = try Marker(&scanner)
                try scanner.expectEnd("the end of the marker")
            } catch {
                throw .syntax(error)
            }
        }
        guard let name = ProjectName(spelledName) else { throw .name(String(spelledName), text: scanner.text) }
        return Requirement(name: name, extras: extras, specifiers: specifiers, url: url, marker: marker)
    }

    private mutating func extras() throws(RequirementError) -> Set<ExtraName> {
        guard scanner.take("[") else { return [] }
        var extras: Set<ExtraName> = []
        scanner.takeSpace()
        if let first = scanner.takeIdentifier() {
            extras.insert(ExtraName(first))
            scanner.takeSpace()
            while scanner.take(",") {
                scanner.takeSpace()
                guard let extra = scanner.takeIdentifier()
                else { throw .syntax(scanner.expected("the name of an extra")) }
                extras.insert(ExtraName(extra))
                scanner.takeSpace()
            }
        }
        guard scanner.take("]") else { throw .syntax(scanner.expected("',' or ']'")) }
        return extras
    }

    /// A URL ends at a space or tab only, so that `;` behind it needs one before.
    private mutating func url() throws(RequirementError) -> String {
        scanner.takeSpace()
        let url = scanner.takeRun { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard !url.isEmpty else { throw .syntax(scanner.expected("a URL")) }
        scanner.takeSpace()
        return String(url)
    }

    private mutating func specifiers() throws(RequirementError) -> VersionSpecifiers {
        let isInParentheses = scanner.take("(")
        if isInParentheses { scanner.takeSpace() }
        var text = ""
        while let clause = try clause() {
            text += clause
            scanner.takeSpace()
            guard scanner.take(",") else { break }
            text += ","
            scanner.takeSpace()
        }
        guard !isInParentheses || scanner.take(")") else { throw .syntax(scanner.expected("a specifier, ',' or ')'")) }
        do throws(VersionSpecifierError) {
            return try VersionSpecifiers.parse(text)
        } catch {
            throw .specifier(error, text: scanner.text)
        }
    }

    /// The next clause, one space between operator and version; `nil` where none starts.
    private mutating func clause() throws(RequirementError) -> String? {
        // A comma belongs to the opaque text behind `===`; the set is split at it later all the same.
        let isOpaque = scanner.take("===")
        let comparison =
            isOpaque
            ? "==="
            : scanner.takeRun { byte in
                byte == UInt8(ascii: "=") || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "!")
                    || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
            }
        guard !comparison.isEmpty else { return nil }
        scanner.takeAnySpace()
        let version = scanner.takeText { $0 == ";" || $0 == ")" || !isOpaque && $0 == "," }
        // With a space, so that `== =1` does not become `===1`.
        return comparison + " " + version
    }
}
