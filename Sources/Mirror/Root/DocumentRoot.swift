package import FileIO
package import SystemPackage

/// What a web server shows of a mirror.
package enum DocumentRoot {
    /// The document root of a mirror; nothing is there before its first publication.
    ///
    /// Neither the index nor the configuration is looked at, so that a mirror which lacks them is served all the same.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - fileSystem: What holds it.
    /// - Returns: The path.
    /// - Throws: ``MirrorError``; `noMirror` when there is no mirror.
    package static func path(
        of root: FilePath,
        fileSystem: any FileSystem = POSIXFileSystem()
    ) throws(MirrorError) -> FilePath {
        try MirrorFiles(root: root, fileSystem: fileSystem).checkFormat()
        return root.appending("web")
    }
}
