package import SystemPackage

extension FilePath {
    /// Where what is to have this name is made, until it is whole: `.NAME.new` beside it.
    package var replacement: FilePath {
        removingLastComponent().appending(".\(lastComponent?.string ?? "file").new")
    }
}
