package import Packaging

/// `blocked.txt`: what `block` and `unblock` edit, one thing a line.
package typealias BlockList = LineList<Block>

/// What must not be shown, whoever wants it.
package enum Block: Hashable, Sendable {
    /// Projects: `evil`, `evil-*`.
    case projects(ProjectPattern)
    /// Releases: `demo==1.3`.
    case releases(ReleasePattern)
    /// Files with this SHA-256, in lower-case hexadecimal.
    case digest(String)

    /// The SHA-256 of a text, with `sha256:` before it or not; `nil` when it is none.
    static func digest(in text: some StringProtocol) -> String? {
        let prefix = "sha256:"
        let hex = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : String(text)
        let isHex = hex.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
        }
        return hex.utf8.count == 64 && isHex ? hex.lowercased() : nil
    }
}

extension Block: ListEntry {
    package static var plural: String { "projects, releases or digests" }

    package init(listed text: String) throws(ListEntryError) {
        if let digest = Self.digest(in: text) {
            // No project is called like that, and other programs print digests so.
            self = .digest(digest)
        } else if text.hasPrefix("sha256:") {
            throw ListEntryError(description: "'\(text)' is no SHA-256; write 64 hexadecimal digits after sha256:")
        } else if let pattern = ProjectPattern(text) {
            guard !pattern.isAll else {
                throw ListEntryError(description: "'\(text)' blocks every project; name those to block")
            }
            self = .projects(pattern)
        } else if text.contains(where: { "<>=!~".contains($0) }) {
            do throws(ReleasePatternError) {
                self = .releases(try ReleasePattern(text))
            } catch {
                throw ListEntryError(description: "'\(text)': \(error)")
            }
        } else {
            let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
            throw ListEntryError(
                description: "'\(shown)' is no project, release or digest; write demo, demo==1.3 or sha256:…"
            )
        }
    }

    package var listed: String {
        switch self {
        case .projects(let pattern): pattern.normalized
        case .releases(let pattern): pattern.description
        case .digest(let digest): "sha256:\(digest)"
        }
    }
}

extension Block: CustomStringConvertible {
    package var description: String { listed }
}
