internal import Digest
internal import Transfer

/// The URLs of a fetch: those of the command line, then those of a list, which is kept as text and taken apart as it is
/// needed, so that a million lines are a million lines of text and no more.
struct FetchList: Sendable {
    /// Where a URL stands.
    enum Place: Sendable, Equatable, CustomStringConvertible {
        case argument(Int)
        case line(Int)

        var description: String {
            switch self {
            case .argument(let number): "URL \(number)"
            case .line(let number): "line \(number) of the list"
            }
        }
    }

    /// A URL as it is given.
    struct Entry: Sendable {
        /// Its number among all, from 0.
        let index: Int
        let place: Place
        /// `nil` for a line that is not UTF-8.
        let text: String?
    }

    /// The most problems that are told at once.
    private static let problemLimit = 10

    /// The URLs of the command line.
    let arguments: [String]
    /// The list.
    let text: [UInt8]

    /// The URLs from the first on.
    func makeIterator() -> Iterator { Iterator(list: self) }

    /// Checks everything that can be checked without network and disk.
    ///
    /// - Parameters:
    ///   - options: Which names the files get.
    ///   - allowsFTP: Whether `ftp` and `ftps` are taken for a URL.
    /// - Returns: How many URLs there are.
    /// - Throws: ``MirrorError/usage(_:)`` with a line for each of the first problems.
    func check(_ options: FetchOptions, allowsFTP: (String) -> Bool) throws(MirrorError) -> Int {
        var count = 0
        var problems: [String] = []
        // Hashes, not names: a list may be long. A hash that is there already is looked into.
        var names: Set<Int> = []
        var entries = makeIterator()
        while let entry = entries.next(), problems.count < Self.problemLimit {
            count += 1
            do throws(FetchItem.Refusal) {
                let item = try item(entry, options)
                guard !item.scheme.hasPrefix("ftp") || allowsFTP(item.url) else {
                    throw FetchItem.Refusal(reason: "needs `ftp = true` in the [upstream] of a mirror")
                }
                guard case .directory = options.destination else { continue }
                let name = try item.filename()
                guard !names.insert(name.hashValue).inserted, let other = place(of: name, before: entry.index)
                else { continue }
                problems.append("\(entry.place) and \(other) are both for \(name); fetch them into different folders")
            } catch {
                problems.append("\(entry.place) \(error.reason): \(Self.shown(entry.text ?? ""))")
            }
        }
        if problems.isEmpty {
            if count == 0 { problems.append("no URL is given") }
            if count != 1 {
                if case .file = options.destination { problems.append("--output is for one URL; use --directory") }
                if options.sha256 != nil { problems.append("--sha256 is for one URL; write URL#sha256=HEX") }
                if options.size != nil { problems.append("--size is for one URL") }
            }
        }
        guard problems.isEmpty else { throw .usage(problems.joined(separator: "\n")) }
        return count
    }

    /// What is to be downloaded for an entry.
    func item(_ entry: Entry, _ options: FetchOptions) throws(FetchItem.Refusal) -> FetchItem {
        guard let text = entry.text else { throw FetchItem.Refusal(reason: "is not UTF-8") }
        var item = try FetchItem(parsing: text)
        if let sha256 = options.sha256 { try item.expect(.sha256, sha256.bytes) }
        item.expectation.size = options.size
        return item
    }

    /// Where the same name stands before an entry.
    private func place(of name: String, before index: Int) -> Place? {
        var entries = makeIterator()
        while let entry = entries.next(), entry.index < index {
            if let text = entry.text, (try? FetchItem(parsing: text).filename()) == name { return entry.place }
        }
        return nil
    }

    private static func shown(_ text: String) -> String {
        String(removingUserInfo(text).prefix(200))
    }

    /// Walks over the URLs.
    struct Iterator {
        private let list: FetchList
        private var index = 0
        private var line = 0
        private var offset = 0

        fileprivate init(list: FetchList) {
            self.list = list
        }

        /// The next URL; `nil` after the last.
        mutating func next() -> Entry? {
            defer { index += 1 }
            if index < list.arguments.count {
                return Entry(index: index, place: .argument(index + 1), text: list.arguments[index])
            }
            while offset < list.text.count {
                let end = list.text[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? list.text.count
                let content = list.text[offset..<end].trimmed
                offset = end + 1
                line += 1
                if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
                return Entry(index: index, place: .line(line), text: String(validating: content, as: UTF8.self))
            }
            return nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without the spaces, tabs and carriage returns around it.
    fileprivate var trimmed: Self {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var slice = drop(while: isSpace)
        while let last = slice.last, isSpace(last) { slice.removeLast() }
        return slice
    }
}
