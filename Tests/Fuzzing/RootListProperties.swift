import Digest
import Packaging
import SimpleIndex

/// What holds for the list of all projects: an input is its body.
enum RootListProperties {
    static func check(_ body: [UInt8], contentType: String) throws(PropertyViolation) {
        let list: RootList
        switch parse(body, contentType) {
        case .success(let read): list = read
        case .failure(let error): return try requirePrintable(error.description)
        }
        for name in list.invalidNames where !name.isEmpty { try requirePrintable(name) }
        try require(list.invalidNames.count <= list.invalidCount, "more invalid names than counted")
        let entries = Array(list)
        for (left, right) in zip(entries, entries.dropFirst()) {
            try require(left.name < right.name, "\(left.name) stands before \(right.name)")
        }
        for entry in entries {
            guard let display = entry.displayName else { continue }
            try require(ProjectName(display) == entry.name, "'\(display)' is shown for \(entry.name)")
        }
        try checkPublished(entries, serial: list.lastSerial)
    }

    private static func parse(_ body: [UInt8], _ contentType: String) -> Result<RootList, PageError> {
        Result { () throws(PageError) in
            try RootList.parse(body, contentType: contentType, base: "https://index.example/simple/")
        }
    }

    /// Checks that the list as we would publish it says, read again, what the first one said.
    private static func checkPublished(_ entries: [RootList.Entry], serial: UInt64?) throws(PropertyViolation) {
        let published = PublishedRootList(
            serial: serial,
            entries: try entries.map { entry throws(PropertyViolation) in
                PublishedRootList.Entry(name: entry.name, serial: entry.serial, content: try digest(entry.content))
            }
        )
        let json = try again(published.json(), "application/vnd.pypi.simple.v1+json")
        try require(json.lastSerial == serial, "JSON changes the serial")
        try require(json.map(\.name) == entries.map(\.name), "JSON lists other projects")
        try require(json.map(\.serial) == entries.map(\.serial), "JSON changes serials")
        try require(json.map(\.content) == entries.map(\.content), "JSON changes digests")
        let html = try again(published.html(), "text/html")
        try require(html.map(\.name) == entries.map(\.name), "HTML lists other projects")
    }

    /// Some digest with these first bits.
    private static func digest(_ bits: UInt64?) throws(PropertyViolation) -> SHA256Digest? {
        guard let bits else { return nil }
        let hex = String(bits, radix: 16)
        let digits = String(repeating: "0", count: 16 - hex.count) + hex + String(repeating: "5", count: 48)
        guard let digest = SHA256Digest(hex: digits) else {
            throw PropertyViolation(description: "no digest: \(digits)")
        }
        return digest
    }

    private static func again(_ body: [UInt8], _ contentType: String) throws(PropertyViolation) -> RootList {
        switch parse(body, contentType) {
        case .success(let list):
            try require(list.invalidCount == 0 && list.duplicateCount == 0, "of our own list something is refused")
            return list
        case .failure(let error): throw PropertyViolation(description: "our own list is refused: \(error)")
        }
    }
}
