/// The platform tags of macOS, as `packaging.tags.mac_platforms` gives them.
struct MacPlatforms {
    let major: Int
    let minor: Int
    let architecture: String

    /// The tags, best first: until 10.16 each minor version, from 11 on each major one.
    var tags: [String] {
        if major == 10 { return (0...minor).reversed().flatMap { tags(10, $0) } }
        guard major > 10 else { return [] }
        let own = (11...major).reversed().flatMap { tags($0, 0) }
        // Programs of before 11 run on Intel; a universal2 one may say so little of what its Intel part needs.
        let before = (4...16).reversed().flatMap { minor in
            architecture == "x86_64" ? tags(10, minor) : ["macosx_10_\(minor)_universal2"]
        }
        return own + before
    }

    private func tags(_ major: Int, _ minor: Int) -> [String] {
        formats(major, minor).map { "macosx_\(major)_\(minor)_\($0)" }
    }

    /// The kinds of programs that the architecture runs at a version.
    private func formats(_ major: Int, _ minor: Int) -> [String] {
        var formats = [architecture]
        let isBefore4 = (major, minor) < (10, 4)
        switch architecture {
        case "x86_64":
            if isBefore4 { return [] }
            formats += ["intel", "fat64", "fat3"]
        case "i386":
            if isBefore4 { return [] }
            formats += ["intel", "fat3", "fat"]
        case "ppc64":
            if isBefore4 || (major, minor) > (10, 5) { return [] }
            formats.append("fat64")
        case "ppc":
            if (major, minor) > (10, 6) { return [] }
            formats += ["fat3", "fat"]
        default: break
        }
        if architecture == "arm64" || architecture == "x86_64" { formats.append("universal2") }
        if architecture != "arm64" { formats.append("universal") }
        return formats
    }
}
