/// How much room a medium has.
package enum VolumeSize: Equatable, Sendable {
    /// As much as is wanted.
    case unlimited
    /// So many bytes.
    case bytes(UInt64)

    /// The least that makes sense: an archive of something, and its manifest.
    package static let least: UInt64 = 1 << 20

    /// The media that have names, and the bytes that are to be had on them: of a file on FAT32, of discs what is left
    /// beside a file system.
    package static let presets: [(name: String, bytes: UInt64)] = [
        ("fat32", (4 << 30) - (1 << 20)),
        ("dvd", 4_700_000_000 - (32 << 20)),
        ("bd25", 25_025_314_816 - (64 << 20)),
        ("bd50", 50_050_629_632 - (128 << 20)),
        ("bd100", 100_103_356_416 - (256 << 20)),
    ]

    /// The medium of a name; `nil` for another text.
    package init?(preset name: String) {
        guard let preset = Self.presets.first(where: { $0.name == name }) else { return nil }
        self = .bytes(preset.bytes)
    }

    /// The number of bytes; the largest number for as much as is wanted.
    package var limit: UInt64 {
        switch self {
        case .unlimited: .max
        case .bytes(let bytes): bytes
        }
    }
}
