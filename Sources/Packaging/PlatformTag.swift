/// What the platform part of a compatibility tag says: the system, and as far as the tag tells, the C library, the
/// oldest version and the architecture.
package struct PlatformTag: Hashable, Sendable {
    /// The families of platforms.
    package enum System: String, Hashable, Sendable, CaseIterable {
        /// `linux_…`, `manylinux…`, `musllinux_…`.
        case linux
        /// `macosx_…`.
        case macos
        /// `win32`, `win_…`.
        case windows
        /// `ios_…` (PEP 730).
        case ios
        /// `android_…` (PEP 738).
        case android
        /// `pyemscripten_…` (PEP 783), `pyodide_…`, `emscripten_…`.
        case emscripten
        /// `any`: no platform in particular.
        case any
        /// Another system, such as `freebsd_…`.
        case other
    }

    /// The C libraries of Linux.
    package enum Library: String, Hashable, Sendable {
        /// `manylinux…` (PEP 513, 571, 599, 600).
        case glibc
        /// `musllinux_…` (PEP 656).
        case musl
    }

    /// The tag, in lower case.
    package let text: String
    /// The family.
    package let system: System
    /// The C library; `nil` where the tag names none.
    package let library: Library?
    /// The version that the tag names: of the C library, of the system, or Android's API level.
    package let version: [Int]
    /// What the tag says of the architecture, such as `x86_64`, `amd64`, `universal2`, `arm64_iphoneos`; `nil` where it
    /// says nothing, or is not of the form that its family has.
    package let architecture: String?

    /// Reads a tag; every text is one of some family.
    package init(_ tag: some StringProtocol) {
        let text = tag.lowercased()
        self.text = text
        var rest = Substring(text)
        func takePrefix(_ prefix: String) -> Bool {
            guard rest.utf8.starts(with: prefix.utf8) else { return false }
            rest = Substring(rest.utf8.dropFirst(prefix.utf8.count))
            return true
        }
        var (system, library, version, count) = (System.other, Library?.none, [Int](), 0)
        if text.isSameText(as: "any") {
            system = .any
        } else if takePrefix("manylinux_") {
            (system, library, count) = (.linux, .glibc, 2)
        } else if takePrefix("manylinux1_") {
            (system, library, version) = (.linux, .glibc, [2, 5])
        } else if takePrefix("manylinux2010_") {
            (system, library, version) = (.linux, .glibc, [2, 12])
        } else if takePrefix("manylinux2014_") {
            (system, library, version) = (.linux, .glibc, [2, 17])
        } else if takePrefix("manylinux") {
            (system, library, rest) = (.linux, .glibc, "")
        } else if takePrefix("musllinux_") {
            (system, library, count) = (.linux, .musl, 2)
        } else if takePrefix("linux_") {
            system = .linux
        } else if takePrefix("macosx_") {
            (system, count) = (.macos, 2)
        } else if takePrefix("win_") {
            system = .windows
        } else if text.isSameText(as: "win32") {
            (system, rest) = (.windows, "x86")
        } else if takePrefix("ios_") {
            (system, count) = (.ios, 2)
        } else if takePrefix("android_") {
            (system, count) = (.android, 1)
        } else if takePrefix("pyemscripten_") || takePrefix("pyodide_") {
            (system, count) = (.emscripten, 2)
        } else if takePrefix("emscripten_") {
            (system, count) = (.emscripten, 3)
        }
        let pieces = rest.utf8.split(separator: UInt8(ascii: "_"), maxSplits: count, omittingEmptySubsequences: false)
        let numbers = pieces.prefix(count).compactMap { Self.number($0) }
        let hasArchitecture = numbers.count == count && pieces.count > count && system != .other && system != .any
        self.system = system
        self.library = library
        self.version = count == 0 ? version : hasArchitecture ? numbers : []
        architecture = hasArchitecture ? pieces.last.flatMap { $0.isEmpty ? nil : String(Substring($0)) } : nil
    }

    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard (1...4).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(Substring(digits))
    }
}
